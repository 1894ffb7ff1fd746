//go:build linux && !android

package test

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/tun"
)

// eachOffload runs body with the kernel's offload and without.
func eachOffload(t *testing.T, mtu int, body func(t *testing.T, b *tunBed)) {
	t.Helper()
	for _, offload := range []tun.Offload{tun.OffloadOn, tun.OffloadOff} {
		t.Run("offload "+offload.String(), func(t *testing.T) {
			inTUNNamespace(t, func(t *testing.T) { body(t, newOffloadBed(t, tun.Config{MTU: mtu, Offload: offload})) })
		})
	}
}

// transferMeanwhile sends both ways over one connection while change runs again
// and again, and compares what arrives.
func transferMeanwhile(t *testing.T, b *tunBed, family int, change func(round int)) {
	t.Helper()
	client, server := tunPath{client: b.kernel, server: b.inside, family: family}.connect(t)
	const bytesEach = 32 << 20
	both := make(chan error, 2)
	go func() { both <- randomTransfer(client, server, 1, bytesEach) }()
	go func() { both <- randomTransfer(server, client, 2, bytesEach) }()
	wait.Until(t, func() bool { return b.receivedBytes(t) > 1<<20 }, "1 MiB has passed the device")
	for round := range 6 {
		change(round)
	}
	for range 2 {
		if err := <-both; err != nil {
			t.Error(err)
			client.Close()
			server.Close()
		}
	}
	o := b.stack.Stats().Interfaces[1].Offload
	if o.BadHeaders+o.Refusals+o.ChecksumsIP+o.ChecksumsTCP+o.ChecksumsUDP > 0 {
		t.Errorf("%+v: want nothing refused and nothing damaged", o)
	}
}

// TestTUNDownAndUp sets the interface down and up while it carries data. What is
// lost is sent again; the addresses stay, of IPv4 at least.
func TestTUNDownAndUp(t *testing.T) {
	eachOffload(t, 1500, func(t *testing.T, b *tunBed) {
		transferMeanwhile(t, b, 0, func(int) {
			changeLink(t, b.dev.Name(), netlink.LinkSetDown)
			changeLink(t, b.dev.Name(), netlink.LinkSetUp)
		})
	})
}

// TestTUNChangesMTU gives the interface other MTUs while it carries data: the
// kernel then sends segments larger than the stack has thought possible, and
// smaller ones, and the stack goes on with the MSS that both agreed to.
func TestTUNChangesMTU(t *testing.T) {
	for family := range tunKernel {
		t.Run(fmt.Sprintf("IPv%d", 4+2*family), func(t *testing.T) {
			eachOffload(t, 1500, func(t *testing.T, b *tunBed) {
				transferMeanwhile(t, b, family, func(round int) {
					mtu := []int{9000, 1400, 65535, 1280, 1501, 1500}[round]
					changeLink(t, b.dev.Name(), func(l netlink.Link) error { return netlink.LinkSetMTU(l, mtu) })
				})
			})
		})
	}
}

// TestTUNLargeDatagrams sends the largest datagrams there are in fragments, and
// echo requests.
func TestTUNLargeDatagrams(t *testing.T) {
	for _, mtu := range []int{1280, 1500, 9000, 65535} {
		t.Run(fmt.Sprintf("MTU %d", mtu), func(t *testing.T) {
			eachOffload(t, mtu, func(t *testing.T, b *tunBed) {
				before := interfaceStatistics(t, b.dev.Name())
				for _, p := range b.paths() {
					datagrams(t, p, 0, 1, 7, 1231, 1233, 1471, 1473, 8971, 65000, 65507)
				}
				for _, size := range []int{0, 1, 1453, 65000} {
					for _, a := range tunKernel {
						if _, err := b.stack.Ping(tunContext(t), a.Addr(), netstack.PingOptions{PayloadBytes: size}); err != nil {
							t.Errorf("ping %v with %d bytes: %v", a.Addr(), size, err)
						}
					}
				}
				wantCleanKernel(t, b.dev.Name(), before)
			})
		})
	}
}

// TestTUNTwoLinks puts two links on one device, by mistake: packets go to
// either, nothing panics, and the end of one is the end of both.
func TestTUNTwoLinks(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		dev, err := tun.Open(tun.Config{Addresses: tunKernel})
		if err != nil {
			t.Fatal(err)
		}
		var stacks []*netstack.Stack
		for range 2 {
			link, err := netstack.NewDeviceLink(dev, netstack.DeviceConfig{QueueMax: -1})
			if err != nil {
				t.Fatal(err)
			}
			s, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{Link: link, Addresses: tunStack}}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			stacks = append(stacks, s)
		}
		c, err := net.Dial("udp4", "10.77.0.2:9")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		wait.Until(t, func() bool {
			for range 50 {
				_, _ = c.Write([]byte("x")) // refused now and then, as nobody listens
			}
			return stacks[0].Stats().PacketsIn+stacks[1].Stats().PacketsIn > 100
		}, "packets have come")
		if err := stacks[0].Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		<-stacks[1].Done()
		if err := stacks[1].Err(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the second link has ended with %v, want net.ErrClosed", err)
		}
	})
}

// TestTUNOddWrites has the device take whatever a link may hand it: packets of
// nothing, of one byte, of no known version, and longer than any packet.
func TestTUNOddWrites(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		b := newOffloadBed(t, tun.Config{Offload: tun.OffloadOn})
		header := make([]byte, tun.VirtioHeaderBytes)
		for _, size := range []int{0, 1, 19, 20, 39, 40, 65535, 65536, 70000, 200000} {
			for _, version := range []byte{0, 4, 6, 15} {
				p := make([]byte, size)
				if size > 0 {
					p[0] = version<<4 | 5
				}
				if err := b.dev.WriteVirtio(header, [][]byte{p}); err != nil &&
					!errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.EMSGSIZE) && !errors.Is(err, syscall.ENOMEM) {
					t.Errorf("%d bytes of version %d: %v", size, version, err)
				}
			}
		}
		client, server := tunPath{client: b.inside, server: b.kernel}.connect(t)
		if err := randomTransfer(client, server, 1, 1<<20); err != nil {
			t.Errorf("after all that: %v", err)
		}
	})
}

// TestTUNAdopted runs a stack over a descriptor with virtio headers of the longer
// kind, as a parent may hand it down.
func TestTUNAdopted(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		made, err := tun.Open(tun.Config{Name: "given0", Persist: true, Addresses: tunKernel})
		if err != nil {
			t.Fatal(err)
		}
		made.Close()
		for _, headerBytes := range []int{0, 10, 12} {
			dev, err := tun.FromFD(rawTUN(t, "given0", headerBytes), 0)
			if err != nil {
				t.Fatal(err)
			}
			if plain := dev.Offload(); (plain == nil) != (headerBytes > 0) {
				t.Errorf("made with a header of %d bytes: Offload: %v", headerBytes, plain)
			}
			b := attachTUN(t, dev)
			for _, p := range b.paths() {
				client, server := p.connect(t)
				if err := randomTransfer(client, server, 1, 1<<20); err != nil {
					t.Errorf("%s: %v", p, err)
				}
				if err := randomTransfer(server, client, 2, 1<<20); err != nil {
					t.Errorf("%s, back: %v", p, err)
				}
			}
			if err := b.stack.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// rawTUN opens a device as another program does, with a virtio header of so many
// bytes or, with 0, none.
func rawTUN(t *testing.T, name string, headerBytes int) int {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	flags := uint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if headerBytes > 0 {
		flags |= unix.IFF_VNET_HDR
	}
	request.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		t.Fatal(err)
	}
	if headerBytes > 0 {
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, headerBytes); err != nil {
			t.Fatal(err)
		}
	}
	return fd
}
