package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// ClientConfig is what a Client is made of.
type ClientConfig struct {
	Dial func(ctx context.Context) (net.Conn, error) // required
	Rand *rand.Rand                                  // of the jitter; required, and the client's own

	// Think is asked before each job how long the client thinks, once it may
	// have one more without an answer. nil is not at all. A program that is
	// to do the same in every run never sends at the instant of an answer:
	// which comes first would be up to Go.
	Think func() time.Duration

	Window   int           // jobs that may be without an answer; 0 is 1
	Timeout  time.Duration // of a dial, and of an answer; 0 is 2 s
	Attempts int           // for each job; 0 is 6

	// Backoff is the wait after a failure, to which up to half of it is
	// added at random. It doubles with each failure after another, up to 32
	// times as long. 0 is 200 ms.
	Backoff time.Duration

	// Drain is how long the rest of a session may take after its
	// half-close. 0 is a minute.
	Drain time.Duration

	// Ended is told how a session ended: nil is by EOF, with one answer for
	// every job that was sent, or none because the server was busy. It is
	// called by several goroutines. nil for who does not care.
	Ended func(local net.Addr, err error)
}

// Result is what became of a job.
type Result struct {
	Number  uint32 // which one, counted from 1
	Payload []byte // the job
	Answer  []byte
	Err     error // why there is no answer after all attempts
}

// ErrBusy is the error of a session that the server has refused.
var ErrBusy = errors.New("jobs: the server is busy")

// errTimeout is the error of a session in which an answer did not come.
var errTimeout = errors.New("jobs: no answer in time")

// errEnded is the error of a session that the server has ended.
var errEnded = errors.New("jobs: the server has ended the session")

// Client has jobs done by a server. One goroutine may Run it, once.
type Client struct {
	cfg      ClientConfig
	report   func(Result)
	jobs     [][]byte   // still to be begun
	pending  []*pending // sent or to be sent, the oldest first
	numbered uint32     // jobs so far
	thinking *time.Timer
	failures int   // one after another
	link     *link // the session, if there is one
	links    sync.WaitGroup
}

// pending is a job that has no answer.
type pending struct {
	number   uint32
	payload  []byte
	attempts int       // that failed
	due      time.Time // when the answer is late
}

// NewClient returns a client for Run, or says what is missing.
func NewClient(cfg ClientConfig) (*Client, error) {
	switch {
	case cfg.Dial == nil:
		return nil, errors.New("jobs: ClientConfig.Dial is nil: give the function that connects to the server")
	case cfg.Rand == nil:
		return nil, errors.New("jobs: ClientConfig.Rand is nil: give a source for the jitter")
	case cfg.Window < 0 || cfg.Attempts < 0:
		return nil, fmt.Errorf("jobs: ClientConfig.Window is %d and Attempts %d: give 1 or more", cfg.Window, cfg.Attempts)
	case cfg.Timeout < 0 || cfg.Backoff < 0 || cfg.Drain < 0:
		return nil, fmt.Errorf("jobs: ClientConfig.Timeout is %v, Backoff %v and Drain %v: give times above 0", cfg.Timeout, cfg.Backoff, cfg.Drain)
	}
	defaultTo(&cfg.Window, 1)
	defaultTo(&cfg.Attempts, 6)
	defaultTo(&cfg.Timeout, 2*time.Second)
	defaultTo(&cfg.Backoff, 200*time.Millisecond)
	defaultTo(&cfg.Drain, time.Minute)
	if cfg.Think == nil {
		cfg.Think = func() time.Duration { return 0 }
	}
	if cfg.Ended == nil {
		cfg.Ended = func(net.Addr, error) {}
	}
	return &Client{cfg: cfg}, nil
}

// defaultTo sets *v to d if it is zero.
func defaultTo[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Run has the jobs done and reports one Result for each, not necessarily in
// their order. It returns when the last one is reported and all sessions have
// ended.
func (c *Client) Run(jobs [][]byte, report func(Result)) {
	c.jobs, c.report = jobs, report
	for len(c.jobs)+len(c.pending) > 0 {
		if len(c.pending) > 0 && c.link == nil {
			c.connect()
		} else {
			c.next()
		}
	}
	if c.link != nil {
		c.link.end()
	}
	c.links.Wait()
}

// next waits for one thing to happen and reacts to it.
func (c *Client) next() {
	var frames <-chan frame
	if c.link != nil {
		frames = c.link.frames
	}
	var thought, late <-chan time.Time
	if len(c.jobs) > 0 && len(c.pending) < c.cfg.Window {
		if c.thinking == nil {
			c.thinking = time.NewTimer(c.cfg.Think())
		}
		thought = c.thinking.C
	}
	if len(c.pending) > 0 {
		timer := time.NewTimer(time.Until(c.pending[0].due))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-thought:
		c.begin()
	case f, ok := <-frames:
		if !ok {
			c.fail(errEnded)
			return
		}
		c.received(f)
	case <-late:
		c.fail(errTimeout)
	}
}

// begin sends the next job.
func (c *Client) begin() {
	c.thinking = nil
	c.numbered++
	p := &pending{number: c.numbered, payload: c.jobs[0]}
	c.jobs = c.jobs[1:]
	c.pending = append(c.pending, p)
	c.send(p)
}

// connect begins a session and sends what is pending.
func (c *Client) connect() {
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.Timeout)
	defer cancel()
	conn, err := c.cfg.Dial(ctx)
	if err != nil {
		c.fail(err)
		return
	}
	c.link = newLink(conn, c.cfg.Drain)
	c.links.Add(1)
	go func(l *link) {
		defer c.links.Done()
		c.cfg.Ended(conn.LocalAddr(), l.read())
	}(c.link)
	for _, p := range c.pending {
		c.send(p)
	}
}

// send sends a job if there is a session. An error shows when it is read.
func (c *Client) send(p *pending) {
	if c.link != nil {
		p.due = time.Now().Add(c.cfg.Timeout)
		c.link.send(frame{job, p.number, p.payload})
	}
}
