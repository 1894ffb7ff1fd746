// Package jobs is a small job service in ordinary Go: a server that works on
// the jobs of many clients in a few slots, and a client that tries again
// until it has its answers. It exists to be broken: the patches beside it put
// one bug each into it, and simulated networks find them.
//
//	server, err := jobs.NewServer(jobs.ServerConfig{Work: work, Slots: 2, SessionsMax: 10})
//	go server.Serve(listener)
//	...
//	client, err := jobs.NewClient(jobs.ClientConfig{Dial: dial, Rand: rand.New(source)})
//	client.Run(payloads, func(r jobs.Result) { ... })
//
// A session is one connection. Client and server send frames: a length, a
// kind, the number of a job, and the job or its answer. The server has one
// answer for every job that reaches it: what its work made of it, or that it
// was given up before its turn. A server that has as many sessions as it
// takes says that it is busy and nothing else. Who has no more to send
// half-closes, and both read on to the other's end, so every session ends by
// EOF on both sides whatever became of it.
//
// A client has one session at a time. When an answer does not come in time it
// takes back the jobs of its session, half-closes it, reads what still comes
// and drops it, waits longer each time, and sends the jobs again in the next
// session. So a job may be worked on twice, but it has one Result.
//
// # Goroutines and locks
//
// Serve starts one goroutine for each session, which starts one for each job;
// it waits for them, and they for one another. Run starts one for each
// session, which reads it, and waits for them. Nothing else is started.
//
// The mutexes of Server and of its slots are leaves that are held for a few
// instructions. Writers of one session take turns by a channel, so that who
// waits for a turn is idle in a synctest bubble.
//
// # Not supported
//
// Jobs that are interrupted once they run, and answers that outlive their
// session.
package jobs
