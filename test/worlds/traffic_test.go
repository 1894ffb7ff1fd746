package worlds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
)

// The programs of this file run in all kinds of worlds: they are started with
// Host.Go and wait for nothing but their hosts.

// hostsNamed adds hosts.
func hostsNamed(names ...string) func(w *sim.World) {
	return func(w *sim.World) {
		for _, name := range names {
			w.Host(name)
		}
	}
}

// numbered is how many hosts of a kind are called: cli-0, cli-1 and so on.
func numbered(kind string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%s-%d", kind, i))
	}
	return names
}

// crew is programs that a test waits for.
type crew struct {
	t *testing.T
	w *sim.World

	mu   sync.Mutex
	live int
	errs []error
}

func newCrew(t *testing.T, w *sim.World) *crew { return &crew{t: t, w: w} }

// start starts a program on a host; its error is the test's.
func (c *crew) start(h *sim.Host, name string, f func() error) {
	c.mu.Lock()
	c.live++
	c.mu.Unlock()
	h.Go(name, func() {
		err := f()
		if err != nil {
			err = fmt.Errorf("%s on %s: %w", name, h.Name(), err)
		}
		c.mu.Lock()
		c.live--
		c.errs = append(c.errs, err)
		c.mu.Unlock()
	})
}

// wait waits for all programs.
func (c *crew) wait() {
	c.t.Helper()
	err := c.w.RunUntil(func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.live == 0
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := errors.Join(append(c.errs, err)...); err != nil {
		c.t.Error(err)
	}
}

// serve gives each connection to a port to a program of its own. It returns
// when it listens.
func serve(h *sim.Host, port string, each func(c net.Conn)) error {
	l, err := h.Listen("tcp", port)
	if err != nil {
		return err
	}
	h.Go("server", func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.Go("conn", func() {
				each(c)
				c.Close()
			})
		}
	})
	return nil
}

// text is n bytes in which every place can be told.
func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>8) ^ byte(i)
	}
	return b
}

// sends is a server that sends n bytes to whoever connects.
func sends(n int) func(c net.Conn) {
	return func(c net.Conn) { c.Write(text(n)) }
}

// echoes is a server that sends back what it gets.
func echoes(c net.Conn) { io.Copy(c, c) }

// fetch expects n bytes from a server that sends.
func fetch(h *sim.Host, address string, n int) error {
	c, err := h.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	if err == nil && !bytes.Equal(got, text(n)) {
		err = fmt.Errorf("got %d bytes that are not the %d expected", len(got), n)
	}
	return err
}

// converse sends lines of n bytes to a server that echoes, and pauses between
// them.
func converse(h *sim.Host, address string, lines, n int, pause time.Duration) error {
	c, err := h.Dial("tcp", address)
	if err != nil {
		return err
	}
	return exchange(h, c, lines, n, pause)
}

// exchange is converse on a connection, which it closes.
func exchange(h *sim.Host, c net.Conn, lines, n int, pause time.Duration) error {
	defer c.Close()
	line, got := text(n), make([]byte, n)
	for range lines {
		if _, err := c.Write(line); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, got); err != nil {
			return err
		}
		if !bytes.Equal(got, line) {
			return errors.New("the echo differs")
		}
		h.Sleep(pause)
	}
	return nil
}

// persist tries something until it works, at most times.
func persist(h *sim.Host, times int, f func() error) (err error) {
	for range times {
		if err = f(); err == nil {
			return nil
		}
		h.Sleep(500 * time.Millisecond)
	}
	return fmt.Errorf("after %d tries: %w", times, err)
}

// download is a run in which every host but srv fetches n bytes from it.
func download(n int) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		all := newCrew(t, w)
		if err := serve(w.Host("srv"), ":80", sends(n)); err != nil {
			t.Fatal(err)
		}
		for _, h := range w.Hosts() {
			if h.Name() != "srv" {
				all.start(h, "fetch", func() error { return fetch(h, "srv:80", n) })
			}
		}
		all.wait()
	}
}

// chat is a run in which every host but srv converses with it.
func chat(lines, n int, pause time.Duration) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		all := newCrew(t, w)
		if err := serve(w.Host("srv"), ":7", echoes); err != nil {
			t.Fatal(err)
		}
		for _, h := range w.Hosts() {
			if h.Name() != "srv" {
				all.start(h, "talk", func() error { return converse(h, "srv:7", lines, n, pause) })
			}
		}
		all.wait()
	}
}
