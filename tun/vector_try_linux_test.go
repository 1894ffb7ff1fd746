//go:build !android

package tun_test

import (
	"net"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/tun"
)

func TestTryReadVirtioDoesNotWait(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := withOffload(t, tun.Config{Addresses: prefixes("10.1.0.1/24"), Offload: tun.OffloadOn})
		header, bufs := make([]byte, tun.VirtioHeaderBytes), virtioBuffers()
		if _, err := d.TryReadVirtio(header, bufs); err == nil {
			t.Error("TryReadVirtio worked before EnableVirtio")
		}
		if err := d.EnableVirtio(); err != nil {
			t.Fatal(err)
		}
		empty := func() bool {
			_, err := d.TryReadVirtio(header, bufs)
			return err == syscall.EAGAIN
		}
		wait.Until(t, empty, "there is nothing more to read and a try says so")
		c, err := net.Dial("udp4", "10.1.0.2:7")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("out")); err != nil {
			t.Fatal(err)
		}
		wait.Until(t, func() bool {
			n, err := d.TryReadVirtio(header, bufs)
			return err == nil && n == 31 && string(gathered(bufs, n)[28:]) == "out"
		}, "a try finds the packet")
		d.Close()
		if _, err := d.TryReadVirtio(header, bufs); err != net.ErrClosed {
			t.Errorf("after Close: %v", err)
		}
	})
}
