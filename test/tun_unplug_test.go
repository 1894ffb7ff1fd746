//go:build linux && !android

package test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/tun"
)

// TestTUNUnplugged deletes the device while connections carry data both ways
// and sockets wait. R15: the stack must not go on as if nothing had happened.
func TestTUNUnplugged(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		before := tunDescriptors(t)
		b := newTUNBed(t, 1500)
		l := tunPath{client: b.kernel, server: b.inside}.listen(t)
		ended := make(chan error, 16)
		for _, p := range b.paths() {
			client, server := p.connect(t)
			ours, theirs := server, client
			if p.client.name == "stack" {
				ours, theirs = client, server
			}
			for _, c := range []halfConn{ours, theirs} {
				go io.Copy(onlyWriter{c}, testStream(1)) // ends with the connection
			}
			go io.Copy(io.Discard, theirs)
			go func() {
				_, err := io.Copy(io.Discard, ours)
				ended <- err
			}()
		}
		go func() {
			_, err := l.Accept()
			ended <- err
		}()
		wait.Until(t, func() bool { return b.receivedBytes(t) > 1<<20 }, "1 MiB has passed the device")

		changeLink(t, b.dev.Name(), netlink.LinkDel)
		select {
		case <-b.stack.Done():
		case <-time.After(tunGuard):
			t.Fatal("the stack has not noticed that its device is gone")
		}
		if err := b.stack.Err(); !errors.Is(err, tun.ErrGone) {
			t.Errorf("Stack.Err: %v, want tun.ErrGone", err)
		}
		for range len(b.paths()) + 1 {
			select {
			case err := <-ended:
				if err == nil {
					t.Error("a socket of the stack ended as if its peer had closed it")
				}
			case <-time.After(tunGuard):
				t.Fatal("a socket of the stack still waits")
			}
		}
		if _, err := b.stack.DialContext(tunContext(t), "tcp", "10.77.0.1:9"); !errors.Is(err, tun.ErrGone) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("dialling afterwards: %v", err)
		}
		if err := b.stack.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if after := tunDescriptors(t); after != before {
			t.Errorf("%d TUN descriptors afterwards, %d before", after, before)
		}
	})
}

// receivedBytes is what the kernel has received from the device.
func (b *tunBed) receivedBytes(t *testing.T) uint64 {
	t.Helper()
	link, err := netlink.LinkByName(b.dev.Name())
	if err != nil {
		t.Fatal(err)
	}
	return link.Attrs().Statistics.RxBytes
}

// changeLink changes an interface as an administrator does.
func changeLink(t *testing.T, name string, change func(netlink.Link) error) {
	t.Helper()
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = change(link)
	}
	if err != nil {
		t.Fatal(err)
	}
}
