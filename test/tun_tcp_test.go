//go:build linux && !android

package test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
)

// TestTUNHalfClose ends each half of a connection by itself, the client's
// first and then the server's first, with data in the other half afterwards.
func TestTUNHalfClose(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		newTUNBed(t, 1500).eachPath(t, func(t *testing.T, p tunPath) {
			for _, clientFirst := range []bool{true, false} {
				first, second := p.connect(t)
				if !clientFirst {
					first, second = second, first
				}
				say(t, first, "last words")
				if err := first.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				hear(t, second, "last words")
				hearEnd(t, second)
				if _, err := first.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
					t.Errorf("writing after the half-close: %v, want EPIPE", err)
				}
				say(t, second, "an answer")
				hear(t, first, "an answer")
				if err := second.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				hearEnd(t, first)
			}
		})
	})
}

// say writes s.
func say(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

// hear reads exactly s.
func hear(t *testing.T, c net.Conn, s string) {
	t.Helper()
	got := make([]byte, len(s))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != s {
		t.Fatalf("read %q, %v, want %q", got, err, s)
	}
}

// hearEnd reads the end of the stream.
func hearEnd(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("Read = %d, %v, want the end", n, err)
	}
}

// TestTUNReset closes one end so that the other is reset: by a linger of zero
// and by leaving data unread.
func TestTUNReset(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		newTUNBed(t, 1500).eachPath(t, func(t *testing.T, p tunPath) {
			t.Run("linger 0", func(t *testing.T) {
				client, server := p.connect(t)
				say(t, client, "hello")
				hear(t, server, "hello")
				if err := client.SetLinger(0); err != nil {
					t.Fatal(err)
				}
				client.Close()
				wantReset(t, server)
			})
			t.Run("unread data", func(t *testing.T) {
				client, server := p.connect(t)
				say(t, client, "nobody reads this")
				hear(t, server, "n")
				server.Close()
				wantReset(t, client)
			})
		})
	})
}

// wantReset reads the reset and then what the kernel answers after it.
func wantReset(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("Read: %v, want ECONNRESET", err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Write after the reset: %v, want EPIPE", err)
	}
}

// TestTUNRefused dials a port that nobody has opened and one that was closed.
func TestTUNRefused(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		newTUNBed(t, 1500).eachPath(t, func(t *testing.T, p tunPath) {
			if c, err := p.client.dial(tunContext(t), "tcp", p.address(9)); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("a port that nobody opened: %v, %v, want ECONNREFUSED", c, err)
			}
			l := p.listen(t)
			address := l.Addr().String()
			client := p.dial(t, address)
			l.Close() // which resets the connection that waits in its queue
			if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a connection that was never accepted: %v, want ECONNRESET", err)
			}
			if c, err := p.client.dial(tunContext(t), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("a port that was closed: %v, %v, want ECONNREFUSED", c, err)
			}
		})
	})
}

// TestTUNAbort resets a connection with the stack's own call.
func TestTUNAbort(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		b := newTUNBed(t, 1500)
		l, err := b.stack.ListenTCP(tunContext(t), netip.MustParseAddrPort("10.77.0.2:0"), netstack.ListenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		p := tunPath{client: b.kernel, server: b.inside}
		client := p.dial(t, l.Addr().String())
		server, err := l.AcceptTCP(tunContext(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Abort(); err != nil {
			t.Error(err)
		}
		wantReset(t, client)
	})
}

// TestTUNClosesWithTheStack closes the stack while the kernel is connected and
// while it dials.
func TestTUNClosesWithTheStack(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		before := tunDescriptors(t)
		b := newTUNBed(t, 1500)
		p := tunPath{client: b.kernel, server: b.inside}
		client, _ := p.connect(t)
		if err := b.stack.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the kernel's connection: %v, want ECONNRESET", err)
		}
		if _, err := net.InterfaceByName(b.dev.Name()); err == nil {
			t.Error("the device is still there")
		}
		wait.Until(t, func() bool { return tunDescriptors(t) == before }, "the device's descriptor is closed")
	})
}
