package demo

import (
	"net"
	"testing"
)

// openSocket opens a kernel socket until the test ends.
func openSocket(t *testing.T) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
}
