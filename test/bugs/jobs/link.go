package jobs

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// link is one connection as the client sees it. The client's goroutine sends;
// one of its own reads, to the end of the stream, also when the client has
// gone on to another session.
type link struct {
	conn   net.Conn
	drain  time.Duration
	frames chan frame    // what came; closed at the end of the stream
	left   chan struct{} // closed when the client sends and takes no more

	mu   sync.Mutex
	owed map[uint32]bool // jobs that were sent and have no answer
	busy bool            // the server has refused the session
}

func newLink(conn net.Conn, drain time.Duration) *link {
	return &link{
		conn: conn, drain: drain, owed: map[uint32]bool{},
		frames: make(chan frame), left: make(chan struct{}),
	}
}

// send sends a job. A failure shows in what is read.
func (l *link) send(f frame) {
	l.mu.Lock()
	l.owed[f.number] = true
	l.mu.Unlock()
	l.conn.Write(appendFrame(nil, f))
}

// end half-closes and leaves the rest to the reader.
func (l *link) end() {
	l.conn.SetReadDeadline(time.Now().Add(l.drain))
	endWriting(l.conn)
	close(l.left)
}

// abandon ends a session early: the server need not begin with jobs that
// have no answer, in the order of their numbers.
func (l *link) abandon() {
	l.mu.Lock()
	numbers := slices.Sorted(maps.Keys(l.owed))
	l.mu.Unlock()
	for _, number := range numbers {
		l.conn.Write(appendFrame(nil, frame{kind: giveUp, number: number}))
	}
	l.end()
}

// read hands frames to the client and keeps the books to the end of the
// stream. It closes the connection once the client has left it.
func (l *link) read() error {
	defer l.conn.Close()
	defer func() { <-l.left }()
	defer close(l.frames)
	reader := newFrameReader(l.conn)
	for {
		f, err := reader.next()
		if err == io.EOF {
			return l.balance()
		}
		if err == nil {
			err = l.enter(f)
		}
		if err != nil {
			return err
		}
		select {
		case l.frames <- f:
		case <-l.left:
		}
	}
}

// enter notes an answer, for which there must be a job.
func (l *link) enter(f frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.kind == busy {
		l.busy = true
		return nil
	}
	if f.kind != done && f.kind != cancelled || !l.owed[f.number] {
		return fmt.Errorf("the server sent a frame of kind %d for job %d, which waits for none", f.kind, f.number)
	}
	delete(l.owed, f.number)
	return nil
}

// balance says which answers are missing at the end.
func (l *link) balance() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy || len(l.owed) == 0 {
		return nil
	}
	return fmt.Errorf("the server ended the session without an answer for the jobs %v", slices.Sorted(maps.Keys(l.owed)))
}
