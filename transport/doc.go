// Package transport is the Transport contract: TCP sockets with owners and
// mailboxes, with the semantics of Erlang's gen_tcp, over any Network: the
// kernel's sockets, or a stack inside the process.
//
//	node, err := transport.NewNode(transport.Config{Network: transport.Kernel()})
//	if err != nil {
//		return err
//	}
//	defer node.Close()
//	tcp := node.NewOwner("server").TCP()
//	l, err := tcp.Listen(8080, transport.Binary(), transport.Active(false))
//	...
//	conn, err := tcp.Accept(l, transport.Infinity)
//	packet, err := tcp.Receive(conn, 0, 5*time.Second)
//	err = tcp.Send(conn, [][]byte{[]byte("you said "), packet.Data})
//
// The methods of TCP are those of the interface Transport and the helpers that
// go with it. A TCP is one owner's view: that owner is the calling process of
// gen_tcp, owns what it listens for, accepts and connects, and gets the
// messages of its active sockets by Owner.Receive. Where gen_tcp uses a
// process's death, Owner.Exit says so.
//
// # Goroutines and locks
//
// Every call runs on its caller's goroutine and waits in one place, the
// waiter of wait.go. A passive socket costs no goroutine and is not read, and
// a listener does not accept, until somebody asks. Beside the callers there is
// one kind of goroutine, the pump of a socket: started when an active socket or
// a send queue has work, ended when the network says EAGAIN or the mailbox is
// full, awaited by Node.Close. It never blocks. A Send that is blocked runs the
// pump itself. A Network may have goroutines of its own; Kernel has one while
// there are sockets that have been waited for.
//
// Lock order: Socket.mu of a listener, of a connection, Owner.mu (by age where
// there are two), deadline.mu, readiness.readyMu, Node.mu. Notifications take
// only the last two. A network is never called with more than sockets' and
// owners' locks held.
//
// # Memory
//
// A payload belongs to its receiver. Payload.Release gives it back, which is for
// receivers of large packets who have used or copied what they got: the garbage
// collector then has nothing to do, and a stream of 64 KiB packets takes little
// more than half the time. It pins at most twice its length. Raw data given to
// Send is sent from the caller's slice while Send blocks, and never touched after
// it has returned; for the packet types 1, 2 and 4 it is copied behind its header. An idle socket holds no buffer.
//
// # Limits
//
// Sockets: Config.SocketsMax. Mailboxes: Config.MailboxBytesMax; then active
// sockets are not read and the peers' windows close. Send queues: the
// watermarks; then Send blocks. With payloads of Sends that timed out, 64 MiB;
// then Send queues nothing. One packet: packet_size, else 64 MiB; memory grows
// with what has arrived, never with what a header announces. A closed socket
// sends what it had queued for 180 s at most.
//
// # Not supported
//
// The packet types http, http_bin, httph, httph_bin and ssl_tls; the options
// deliver port, raw, netns and inet_backend, which are refused with an error
// that says so; unrecv; local (Unix) sockets, UDP and SCTP.
package transport
