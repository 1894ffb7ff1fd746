package jobs

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// ServerConfig is what a Server is made of.
type ServerConfig struct {
	// Work answers a job, within PayloadMax bytes, and takes as long as it
	// takes. It is called by several goroutines, for at most Slots jobs at a
	// time. Required.
	Work func(payload []byte) []byte

	Slots       int // jobs that run at a time; 0 is 1
	SessionsMax int // 0 is 100; one more is told that the server is busy

	// Idle is how long a session may go without a frame from its client,
	// and how long the client may take to end it. 0 is a minute.
	Idle time.Duration

	// Ended is told how a session ended: nil is by EOF, with every job
	// answered. It is called by several goroutines. nil for who does not care.
	Ended func(client net.Addr, err error)
}

// Server works on the jobs of its sessions.
type Server struct {
	cfg   ServerConfig
	slots slots
	ends  sync.WaitGroup // of goroutines that serve a session

	mu       sync.Mutex
	sessions int // that are served; those that were refused do not count
}

// NewServer returns a server for Serve, or says what is missing.
func NewServer(cfg ServerConfig) (*Server, error) {
	switch {
	case cfg.Work == nil:
		return nil, errors.New("jobs: ServerConfig.Work is nil: give the function that answers a job")
	case cfg.Slots < 0:
		return nil, fmt.Errorf("jobs: ServerConfig.Slots is %d: give 1 or more", cfg.Slots)
	case cfg.SessionsMax < 0:
		return nil, fmt.Errorf("jobs: ServerConfig.SessionsMax is %d: give 1 or more", cfg.SessionsMax)
	case cfg.Idle < 0:
		return nil, fmt.Errorf("jobs: ServerConfig.Idle is %v: give a time above 0", cfg.Idle)
	}
	if cfg.Slots == 0 {
		cfg.Slots = 1
	}
	if cfg.SessionsMax == 0 {
		cfg.SessionsMax = 100
	}
	if cfg.Idle == 0 {
		cfg.Idle = time.Minute
	}
	if cfg.Ended == nil {
		cfg.Ended = func(net.Addr, error) {}
	}
	return &Server{cfg: cfg, slots: slots{max: cfg.Slots}}, nil
}

// Serve serves the sessions that l accepts until it fails, as it does when it
// is closed, waits for those that are left, and returns l's error.
func (s *Server) Serve(l net.Listener) error {
	defer s.ends.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		s.ends.Add(1)
		go func() {
			defer s.ends.Done()
			s.cfg.Ended(conn.RemoteAddr(), s.serve(conn))
		}()
	}
}

// serve is the life of a session.
func (s *Server) serve(conn net.Conn) error {
	defer conn.Close()
	c := newSession(s, conn)
	if !s.admit() {
		return errors.Join(c.write(frame{kind: busy}), endWriting(conn), c.drain())
	}
	defer s.dismiss()
	err := c.receive()
	if err != nil {
		c.forget()
	}
	c.running.Wait()
	return errors.Join(err, c.failed, endWriting(conn))
}

// admit reports whether there is room for one more session, which it counts.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions >= s.cfg.SessionsMax {
		return false
	}
	s.sessions++
	return true
}

func (s *Server) dismiss() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions--
}

// Sessions is how many sessions are served.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Slots is how the slots are and were used.
func (s *Server) Slots() Use { return s.slots.used() }
