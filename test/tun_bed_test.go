//go:build linux && !android

package test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/netns"
	"github.com/seed-731cb71d/warren/tun"
)

// tunGuard bounds what a test over TUN waits for. No test is about it: whoever
// reaches it hangs.
const tunGuard = 5 * time.Minute

// The two ends of the device: the kernel's addresses and the stack's.
var (
	tunKernel = []netip.Prefix{netip.MustParsePrefix("10.77.0.1/24"), netip.MustParsePrefix("fd77::1/64")}
	tunStack  = []netip.Prefix{netip.MustParsePrefix("10.77.0.2/24"), netip.MustParsePrefix("fd77::2/64")}
)

// tunBed is a TUN device with the kernel on one side and a stack on the other.
type tunBed struct {
	dev    *tun.Device
	stack  *netstack.Stack
	kernel tunSide
	inside tunSide // the stack's
}

// tunSide is a way to open sockets: package net's or the stack's.
type tunSide struct {
	name         string
	addresses    []netip.Prefix
	dial         func(ctx context.Context, network, address string) (net.Conn, error)
	listen       func(ctx context.Context, network, address string) (net.Listener, error)
	listenPacket func(ctx context.Context, network, address string) (net.PacketConn, error)
}

// tunPath says who dials whom over which family.
type tunPath struct {
	client, server tunSide
	family         int // index of the addresses
}

func (p tunPath) String() string {
	return fmt.Sprintf("%s dials %s, IPv%d", p.client.name, p.server.name, 4+2*p.family)
}

// address returns the server's address with the given port.
func (p tunPath) address(port uint16) string {
	return netip.AddrPortFrom(p.server.addresses[p.family].Addr(), port).String()
}

// halfConn is what both sides' TCP connections have.
type halfConn interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(sec int) error
}

// inTUNNamespace runs body in a network namespace in which TUN devices can be
// made.
func inTUNNamespace(t *testing.T, body func(t *testing.T)) {
	t.Helper()
	netns.Run(t, func(t *testing.T) {
		d, err := tun.Open(tun.Config{})
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENODEV) {
			t.Skipf("needs a TUN device: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		body(t)
	})
}

// newTUNBed opens a device and attaches a stack to it; the test's end closes
// both.
func newTUNBed(t *testing.T, mtu int) *tunBed {
	t.Helper()
	return newTUNBedOf(t, tun.Config{MTU: mtu})
}

// newTUNBedOf is newTUNBed with more of the device's settings.
func newTUNBedOf(t *testing.T, device tun.Config) *tunBed {
	t.Helper()
	device.Name, device.Addresses = "warren0", tunKernel
	dev, err := tun.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	return attachTUN(t, dev)
}

// attachTUN attaches a stack to a device that has the kernel's addresses.
func attachTUN(t *testing.T, dev *tun.Device) *tunBed {
	t.Helper()
	link, err := netstack.NewDeviceLink(dev, netstack.DeviceConfig{QueueMax: -1})
	if err != nil {
		dev.Close()
		t.Fatal(err)
	}
	stack, err := netstack.New(netstack.Config{
		Name:       "warren",
		Interfaces: []netstack.Interface{{Name: dev.Name(), Link: link, Addresses: tunStack}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Errorf("closing the stack: %v", err)
		}
		if _, err := dev.Write([]byte{0x45}); err != net.ErrClosed {
			t.Errorf("the stack has not closed its device: %v", err)
		}
	})
	var dialer net.Dialer
	var config net.ListenConfig
	return &tunBed{
		dev:    dev,
		stack:  stack,
		kernel: tunSide{"kernel", tunKernel, dialer.DialContext, config.Listen, config.ListenPacket},
		inside: tunSide{"stack", tunStack, stack.DialContext, stack.Listen, stack.ListenPacket},
	}
}

// paths are either side dialling over either family.
func (b *tunBed) paths() (all []tunPath) {
	for family := range tunKernel {
		all = append(all,
			tunPath{client: b.kernel, server: b.inside, family: family},
			tunPath{client: b.inside, server: b.kernel, family: family})
	}
	return all
}

// eachPath runs body as a subtest for each path.
func (b *tunBed) eachPath(t *testing.T, body func(t *testing.T, p tunPath)) {
	t.Helper()
	for _, p := range b.paths() {
		t.Run(p.String(), func(t *testing.T) { body(t, p) })
	}
}

// listen opens a listener on the server's side; the test's end closes it.
func (p tunPath) listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := p.server.listen(tunContext(t), "tcp", p.address(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// dial connects to address from the client's side; the test's end closes the
// connection.
func (p tunPath) dial(t *testing.T, address string) halfConn {
	t.Helper()
	c, err := p.client.dial(tunContext(t), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return tunConn(t, c)
}

// connect returns both ends of a new connection.
func (p tunPath) connect(t *testing.T) (client, server halfConn) {
	t.Helper()
	l := p.listen(t)
	client = p.dial(t, l.Addr().String())
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return client, tunConn(t, accepted)
}

// tunConn guards c against hanging and closes it at the test's end.
func tunConn(t *testing.T, c net.Conn) halfConn {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(tunGuard)); err != nil {
		t.Fatal(err)
	}
	h, ok := c.(halfConn)
	if !ok {
		t.Fatalf("%T lacks a half of TCP", c)
	}
	return h
}

// tunContext ends with the test or when it hangs.
func tunContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), tunGuard)
	t.Cleanup(cancel)
	return ctx
}

// tunDescriptors counts the open descriptors of /dev/net/tun.
func tunDescriptors(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && target == "/dev/net/tun" {
			n++
		}
	}
	return n
}
