package fq

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
)

// host makes a stack at the end of a pipe, with queues before it.
func host(t *testing.T, inner netstack.Link, address string) (*netstack.Stack, *Link) {
	t.Helper()
	l, err := New(inner, setting(Config{}))
	if err != nil {
		t.Fatal(err)
	}
	s, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{
		Link: l, Addresses: []netip.Prefix{netip.MustParsePrefix(address)},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, l
}

// TestTCPPasses sends a megabyte between two stacks with queues, in packets of
// up to 64 KiB, and wants each byte and no packet unaccounted for.
func TestTCPPasses(t *testing.T) {
	x, y := netstack.Pipe(1500)
	client, queues := host(t, x, "10.0.0.1/24")
	server, _ := host(t, y, "10.0.0.2/24")
	listener, err := server.Listen(context.Background(), "tcp", "10.0.0.2:80")
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("fair queueing "), 1<<20/14)
	got := make(chan []byte, 1)
	go func() {
		c, err := listener.Accept()
		if err != nil {
			got <- nil
			return
		}
		b, _ := io.ReadAll(c)
		_ = c.Close()
		got <- b
	}()
	c, err := client.DialContext(context.Background(), "tcp", "10.0.0.2:80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(want); err != nil {
		t.Errorf("Write: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if b := <-got; !bytes.Equal(b, want) {
		t.Errorf("%d bytes came, not the %d that were sent", len(b), len(want))
	}
	if err := client.Close(); err != nil {
		t.Errorf("Close of the stack: %v", err)
	}
	st := queues.Stats()
	sum := st.Sent + st.DropsCoDel + st.DropsLimit + st.DropsInner + st.DropsClosed
	if st.Accepted != sum || st.Sent < 17 || st.PacketsQueued != 0 {
		t.Errorf("stats %+v, want at least 17 packets, all accounted for", st)
	}
}
