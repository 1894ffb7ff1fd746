package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
)

// answerTimeout bounds what one connection may take.
const answerTimeout = 5 * time.Second

// nameBytesMax is the longest name that a unix socket can have on every
// system; the kernel would only say that it is invalid.
const nameBytesMax = 103

// Server answers on a unix socket.
type Server struct {
	path     string
	made     os.FileInfo // the socket as it was made
	listener *net.UnixListener
	report   func() Report
	running  sync.WaitGroup
	close    func() error
}

// Serve makes a unix socket of mode 0600 at path and answers each connection
// with what report returns then. A socket that stands at path already is
// replaced if nobody answers it; if somebody does, or if path is something
// else, that is an error.
func Serve(path string, report func() Report) (*Server, error) {
	if err := vacant(path); err != nil {
		return nil, err
	}
	listener, err := listenPrivately(path)
	if err != nil {
		return nil, fmt.Errorf("control socket %s: %w: choose another with --control PATH, or --control off", path, err)
	}
	s := &Server{path: path, listener: listener, report: report}
	s.close = sync.OnceValue(s.end)
	if s.made, err = os.Lstat(path); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.running.Go(s.run)
	return s, nil
}

// Path is where the socket stands.
func (s *Server) Path() string { return s.path }

// Close stops answering and removes the socket, unless somebody else has
// replaced it. It is idempotent.
func (s *Server) Close() error { return s.close() }

func (s *Server) end() error {
	err := s.listener.Close()
	s.running.Wait()
	if now, statErr := os.Lstat(s.path); statErr == nil && os.SameFile(s.made, now) {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}

func (s *Server) run() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a connection that was gone before it was accepted
		}
		s.answer(conn)
	}
}

// answer writes one report. Who asks and does not read is left.
func (s *Server) answer(conn net.Conn) {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return
	}
	// A client that has gone away is no failure of the server.
	_ = json.NewEncoder(conn).Encode(s.report())
}

// vacant reports why path cannot be taken.
func vacant(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("control socket %s: %w", path, err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("control socket %s: exists and is no socket: remove it or choose another with --control PATH", path)
	}
	conn, err := net.DialTimeout("unix", path, answerTimeout)
	if err != nil {
		return nil // stale: whoever made it is gone
	}
	conn.Close()
	return fmt.Errorf("control socket %s: in use by a running command: end that one or choose another with --control PATH", path)
}

// listenPrivately makes the socket where nobody else can reach it, takes away
// the rights of others, and moves it to path, over a stale one.
func listenPrivately(path string) (*net.UnixListener, error) {
	private, err := os.MkdirTemp(filepath.Dir(path), ".warren-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(private)
	name := filepath.Join(private, "s")
	defer os.Remove(name) // fails once it has been moved
	if n := max(len(name), len(path)); n > nameBytesMax {
		return nil, fmt.Errorf("the path is %s too long for a unix socket", count.Of(n-nameBytesMax, "byte"))
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	if err = os.Chmod(name, 0o600); err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}
