//go:build linux && !android

package test

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// TestTUNDatagrams sends UDP datagrams there and back: an empty one, small
// ones, and some that need fragments at MTU 1500.
func TestTUNDatagrams(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		newTUNBed(t, 1500).eachPath(t, func(t *testing.T, p tunPath) {
			datagrams(t, p, 0, 1, 512, 1452, 1473, 8000, 60000)
		})
	})
}

// datagrams sends datagrams of these sizes there and back.
func datagrams(t *testing.T, p tunPath, sizes ...int) {
	t.Helper()
	server, err := p.server.listenPacket(tunContext(t), "udp", p.address(0))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := p.client.dial(tunContext(t), "udp", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, c := range []interface{ SetDeadline(time.Time) error }{server, client} {
		if err := c.SetDeadline(time.Now().Add(tunGuard)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 65536)
	for _, size := range sizes {
		sent := make([]byte, size)
		if _, err := io.ReadFull(testStream(byte(size)), sent); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Write(sent); err != nil {
			t.Fatalf("%s: %d bytes: %v", p, size, err)
		}
		n, from, err := server.ReadFrom(buf)
		if err != nil || !bytes.Equal(buf[:n], sent) || from.String() != client.LocalAddr().String() {
			t.Fatalf("%s: %d bytes: received %d from %v, %v", p, size, n, from, err)
		}
		if _, err := server.WriteTo(sent, from); err != nil {
			t.Fatalf("%s: %d bytes back: %v", p, size, err)
		}
		if n, err := client.Read(buf); err != nil || !bytes.Equal(buf[:n], sent) {
			t.Fatalf("%s: %d bytes back: received %d, %v", p, size, n, err)
		}
	}
}
