//go:build linux && !android

package test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The veth pair between the kernel at the device, which forwards, and a third
// host.
var (
	vethNear = []netip.Prefix{netip.MustParsePrefix("10.78.0.1/24"), netip.MustParsePrefix("fd78::1/64")}
	vethFar  = []netip.Prefix{netip.MustParsePrefix("10.78.0.2/24"), netip.MustParsePrefix("fd78::2/64")}
)

// farHost is a network namespace beyond the kernel's, with a veth pair between
// them: v0 here and v1 there. One thread lives in it and works for whoever asks.
type farHost struct {
	calls chan func()
	fd    int
	side  tunSide
}

// newFarHost makes the namespace, joins it to this one and has this one forward.
func newFarHost(t *testing.T) *farHost {
	t.Helper()
	h := &farHost{calls: make(chan func())}
	ready := make(chan error)
	go h.live(ready)
	t.Cleanup(func() { close(h.calls) })
	if err := <-ready; err != nil {
		t.Skipf("needs a second network namespace: %v", err)
	}
	for _, name := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		if err := os.WriteFile("/proc/sys/net/"+name, []byte("1"), 0); err != nil {
			t.Skipf("needs to forward packets: %v", err)
		}
	}
	veth := netlink.NewVeth(netlink.LinkAttrs{Name: "v0", MTU: 1500})
	veth.PeerName, veth.PeerNamespace = "v1", netlink.NsFd(h.fd)
	must(t, netlink.LinkAdd(veth))
	setUp(t, "v0", vethNear)
	h.do(func() {
		setUp(t, "v1", vethFar)
		for i, p := range tunStack {
			must(t, netlink.RouteAdd(&netlink.Route{Dst: ipNet(p.Masked()), Gw: vethNear[i].Addr().AsSlice()}))
		}
	})
	h.side = tunSide{name: "far host", addresses: vethFar, dial: h.dial, listen: h.listen, listenPacket: h.listenPacket}
	return h
}

// live is the thread; it ends with the goroutine, which never unlocks it.
func (h *farHost) live(ready chan<- error) {
	runtime.LockOSThread()
	err := unix.Unshare(unix.CLONE_NEWNET)
	if err == nil {
		h.fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	ready <- err
	for call := range h.calls {
		call()
	}
	if err == nil {
		unix.Close(h.fd)
	}
}

// do runs call on the far host and waits for it.
func (h *farHost) do(call func()) {
	done := make(chan struct{})
	h.calls <- func() {
		defer close(done)
		call()
	}
	<-done
}

func (h *farHost) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	h.do(func() {
		var d net.Dialer
		c, err = d.DialContext(ctx, network, address)
	})
	return c, err
}

func (h *farHost) listen(ctx context.Context, network, address string) (l net.Listener, err error) {
	h.do(func() {
		var c net.ListenConfig
		l, err = c.Listen(ctx, network, address)
	})
	return l, err
}

func (h *farHost) listenPacket(ctx context.Context, network, address string) (p net.PacketConn, err error) {
	h.do(func() {
		var c net.ListenConfig
		p, err = c.ListenPacket(ctx, network, address)
	})
	return p, err
}

// doHere runs call in the test's own namespace.
func doHere(call func()) { call() }

// setUp gives an interface of this thread's namespace its addresses.
func setUp(t *testing.T, name string, addresses []netip.Prefix) {
	link, err := netlink.LinkByName(name)
	must(t, err)
	for _, p := range addresses {
		must(t, netlink.AddrAdd(link, &netlink.Addr{IPNet: ipNet(p), Flags: unix.IFA_F_NODAD}))
	}
	must(t, netlink.LinkSetUp(link))
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// must is for goroutines too, so it does not end the test at once.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
