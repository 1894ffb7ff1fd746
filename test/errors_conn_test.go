//go:build linux && !android

package test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// tcpConn is what package net's and the stack's connections have in common.
type tcpConn interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(sec int) error
	SetNoDelay(on bool) error
	SetReadBuffer(bytes int) error
}

// pair is a connection of the arm and its other end.
func (arm errorArm) pair(t *testing.T) (client, server tcpConn) {
	t.Helper()
	l := mustListen(t, arm)
	c, err := arm.dial(context.Background(), errorDial{}, "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(tcpConn), s.(tcpConn)
}

func abort(c tcpConn) {
	c.SetLinger(0)
	c.Close()
}

func read(c net.Conn) error {
	_, err := c.Read(make([]byte, 100))
	return err
}

func write(c net.Conn) error {
	_, err := c.Write([]byte("x"))
	return err
}

// writeMuch writes more than any pair of buffers takes.
func writeMuch(c net.Conn) error {
	_, err := c.Write(make([]byte, 64<<20))
	return err
}

// later does f once a blocked call of the same test is likely to wait; the
// outcome is the same when it does not wait yet.
func later(f func()) { time.AfterFunc(20*time.Millisecond, f) }

// connCase is a case that needs a connection.
func connCase(name string, run func(t *testing.T, client, server tcpConn) error) errorCase {
	return errorCase{name, func(t *testing.T, arm errorArm) error {
		client, server := arm.pair(t)
		return run(t, client, server)
	}}
}

var connErrorCases = []errorCase{
	connCase("EOF", func(_ *testing.T, client, server tcpConn) error {
		server.Close()
		return read(client)
	}),
	connCase("reset while reading", func(_ *testing.T, client, server tcpConn) error {
		later(func() { abort(server) })
		return read(client)
	}),
	connCase("reset by unread data", func(t *testing.T, client, server tcpConn) error {
		client.Write([]byte("xy"))
		if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		server.Close()
		return read(client)
	}),
	connCase("read after the reset was told", func(_ *testing.T, client, server tcpConn) error {
		abort(server)
		read(client)
		return read(client)
	}),
	connCase("reset while writing", func(t *testing.T, client, server tcpConn) error {
		later(func() { abort(server) })
		return writeMuch(client)
	}),
	connCase("broken pipe after a reset", func(t *testing.T, client, server tcpConn) error {
		abort(server)
		read(client)
		return write(client)
	}),
	connCase("broken pipe after the peer closed", func(t *testing.T, client, server tcpConn) error {
		server.Close()
		read(client)
		var err error
		wait.Until(t, func() bool { err = write(client); return err != nil }, "the reset has come")
		return err
	}),
	connCase("data before a reset", func(t *testing.T, client, server tcpConn) error {
		server.Write([]byte("abc"))
		buf := make([]byte, 1)
		if _, err := io.ReadFull(client, buf); err != nil {
			t.Fatal(err)
		}
		abort(server)
		var n int
		var err error
		for err == nil {
			var got int
			got, err = client.Read(buf)
			n += got
		}
		if n != 2 {
			t.Errorf("read %d of the 2 bytes before the reset", n)
		}
		return err
	}),
	connCase("write after half-close", func(_ *testing.T, client, _ tcpConn) error {
		client.CloseWrite()
		return write(client)
	}),
	connCase("read after shutting reading down", func(_ *testing.T, client, _ tcpConn) error {
		client.CloseRead()
		return read(client)
	}),
	connCase("half-close of a dead connection", func(_ *testing.T, client, server tcpConn) error {
		abort(server)
		read(client)
		return client.CloseWrite()
	}),
	connCase("closed while reading", func(_ *testing.T, client, _ tcpConn) error {
		later(func() { client.Close() })
		return read(client)
	}),
	connCase("closed while writing", func(t *testing.T, client, _ tcpConn) error {
		later(func() { client.Close() })
		return writeMuch(client)
	}),
	connCase("read after close", closedCase(read)),
	connCase("write after close", closedCase(write)),
	connCase("close after close", closedCase(net.Conn.Close)),
	connCase("half-close after close", closedCase(func(c net.Conn) error { return c.(tcpConn).CloseWrite() })),
	connCase("shut reading down after close", closedCase(func(c net.Conn) error { return c.(tcpConn).CloseRead() })),
	connCase("deadline after close", closedCase(func(c net.Conn) error { return c.SetDeadline(time.Time{}) })),
	connCase("option after close", closedCase(func(c net.Conn) error { return c.(tcpConn).SetNoDelay(true) })),
	connCase("linger after close", closedCase(func(c net.Conn) error { return c.(tcpConn).SetLinger(0) })),
	connCase("buffer after close", closedCase(func(c net.Conn) error { return c.(tcpConn).SetReadBuffer(1 << 16) })),
	connCase("read deadline", func(_ *testing.T, client, _ tcpConn) error {
		client.SetReadDeadline(time.Now().Add(time.Millisecond))
		return read(client)
	}),
	connCase("read deadline in the past", func(_ *testing.T, client, server tcpConn) error {
		write(server)
		client.SetReadDeadline(time.Unix(1, 0))
		return read(client)
	}),
	connCase("write deadline", func(t *testing.T, client, _ tcpConn) error {
		client.SetWriteDeadline(time.Now().Add(time.Millisecond))
		return writeMuch(client)
	}),
	connCase("write deadline in the past", func(_ *testing.T, client, _ tcpConn) error {
		client.SetWriteDeadline(time.Unix(1, 0))
		return write(client)
	}),
}

func closedCase(call func(net.Conn) error) func(*testing.T, tcpConn, tcpConn) error {
	return func(_ *testing.T, client, _ tcpConn) error {
		client.Close()
		return call(client)
	}
}
