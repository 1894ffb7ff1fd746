package jobs

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// session is one connection as the server sees it. One goroutine receives;
// each job that waits or runs has one more.
type session struct {
	server  *Server
	conn    net.Conn
	reader  *frameReader
	writing chan struct{} // holds a token while somebody writes
	failed  error         // what the first writer to fail met; its token's holder's
	running sync.WaitGroup

	mu      sync.Mutex
	tickets map[uint32]*ticket // of jobs that wait or run
}

func newSession(s *Server, conn net.Conn) *session {
	return &session{
		server: s, conn: conn, reader: newFrameReader(conn),
		writing: make(chan struct{}, 1), tickets: map[uint32]*ticket{},
	}
}

// receive takes frames until the client half-closes.
func (c *session) receive() error {
	for {
		f, err := c.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch f.kind {
		case job:
			c.begin(f)
		case giveUp:
			c.giveUp(f.number)
		default:
			return fmt.Errorf("a client sent a frame of kind %d", f.kind)
		}
	}
}

// next waits for a frame, but not for ever.
func (c *session) next() (frame, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.server.cfg.Idle)); err != nil {
		return frame{}, err
	}
	return c.reader.next()
}

// begin takes a place for a job and runs it when its turn has come. The place
// is taken before the next frame is looked at, so the row is in the order of
// arrival.
func (c *session) begin(f frame) {
	t := c.server.slots.take()
	c.mu.Lock()
	c.tickets[f.number] = t
	c.mu.Unlock()
	c.running.Add(1)
	go func() {
		defer c.running.Done()
		if t.wait() {
			c.run(f)
		}
	}()
}

// run works on a job in a slot and sends the answer.
func (c *session) run(f frame) {
	answer := c.server.cfg.Work(f.payload)
	c.server.slots.release()
	c.remove(f.number)
	c.write(frame{done, f.number, answer})
}

// giveUp cancels a job that waits for its turn. One that runs or is done has
// its answer.
func (c *session) giveUp(number uint32) {
	t := c.remove(number)
	if t != nil && c.server.slots.leave(t) {
		close(t.gone)
		c.write(frame{kind: cancelled, number: number})
	}
}

// forget cancels what waits when nobody will take the answers.
func (c *session) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.tickets {
		if c.server.slots.leave(t) {
			close(t.gone)
		}
	}
}

// remove takes a job's ticket off the list; nil if it is not there.
func (c *session) remove(number uint32) *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tickets[number]
	delete(c.tickets, number)
	return t
}

// drain reads what a client sends that was refused, to its end.
func (c *session) drain() error {
	for {
		if _, err := c.next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// write sends one frame when it is its turn.
func (c *session) write(f frame) error {
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	if c.failed == nil {
		c.failed = c.conn.SetWriteDeadline(time.Now().Add(c.server.cfg.Idle))
	}
	if c.failed == nil {
		_, c.failed = c.conn.Write(appendFrame(nil, f))
	}
	return c.failed
}

// endWriting half-closes: the peer reads EOF and can still send.
func endWriting(conn net.Conn) error {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.New("jobs: the connection cannot be half-closed")
	}
	return half.CloseWrite()
}
