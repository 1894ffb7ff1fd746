//go:build !android

package tun_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/seed-731cb71d/warren/tun"
)

// udp is an IPv4 UDP packet without a UDP checksum, from 10.1.0.2:7 to
// 10.1.0.1:port.
func udp(port uint16, payload string) []byte {
	p := []byte{0x45, 0, 0, byte(28 + len(payload)), 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 2, 10, 1, 0, 1,
		0, 7, byte(port >> 8), byte(port), 0, byte(8 + len(payload)), 0, 0}
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(p[i])<<8 | uint32(p[i+1])
	}
	sum = sum&0xffff + sum>>16
	p[10], p[11] = byte(^sum>>8), byte(^sum)
	return append(p, payload...)
}

// readUDP returns the next IPv4 UDP packet, for the kernel sends others of
// its own accord.
func readUDP(t *testing.T, d *tun.Device) []byte {
	t.Helper()
	p := make([]byte, d.MTU())
	for {
		n, err := d.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if n > 28 && p[0] == 0x45 && p[9] == 17 {
			return p[:n]
		}
	}
}

func TestPacketsBothWays(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := open(t, tun.Config{Addresses: prefixes("10.1.0.1/24")})
		kernel, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("10.1.0.1:0")))
		if err != nil {
			t.Fatal(err)
		}
		defer kernel.Close()
		if _, err := kernel.WriteToUDPAddrPort([]byte("out"), netip.MustParseAddrPort("10.1.0.2:7")); err != nil {
			t.Fatal(err)
		}
		if p := readUDP(t, d); string(p[28:]) != "out" || p[19] != 2 {
			t.Errorf("read %x", p)
		}
		in := udp(kernel.LocalAddr().(*net.UDPAddr).AddrPort().Port(), "in")
		if n, err := d.Write(in); n != len(in) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
		buf := make([]byte, 10)
		n, from, err := kernel.ReadFromUDPAddrPort(buf)
		if err != nil || string(buf[:n]) != "in" || from != netip.MustParseAddrPort("10.1.0.2:7") {
			t.Errorf("the kernel received %q from %v, %v", buf[:n], from, err)
		}
	})
}

func TestReadIntoShortBuffer(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := open(t, tun.Config{})
		if _, err := d.Read(make([]byte, 1499)); !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("Read: %v, want io.ErrShortBuffer", err)
		}
	})
}

func TestWriteErrorsConcernThePacketAlone(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := open(t, tun.Config{Name: "w0", Addresses: prefixes("10.1.0.1/24")})
		for _, p := range [][]byte{nil, {}, {0x00, 1, 2}, {0x75, 1, 2}} {
			if _, err := d.Write(p); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("Write(%x): %v, want EINVAL", p, err)
			}
		}
		down(t, "w0")
		if _, err := d.Write(udp(9, "x")); !errors.Is(err, syscall.EIO) {
			t.Errorf("Write while down: %v, want EIO", err)
		}
		link, err := netlink.LinkByName("w0")
		if err == nil {
			err = netlink.LinkSetUp(link)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Write(udp(9, "x")); err != nil {
			t.Errorf("Write after it: %v", err)
		}
	})
}

// readUntilError starts a goroutine that reads all packets and answers with
// the error that ends it.
func readUntilError(d *tun.Device) <-chan error {
	result := make(chan error, 1)
	go func() {
		p := make([]byte, d.MTU())
		for {
			if _, err := d.Read(p); err != nil {
				result <- err
				return
			}
		}
	}()
	return result
}

func TestCloseWakesReaders(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		for range 20 {
			d := open(t, tun.Config{})
			first, second := readUntilError(d), readUntilError(d)
			d.Close()
			for _, result := range []<-chan error{first, second} {
				if err := <-result; err != net.ErrClosed {
					t.Errorf("Read: %v, want net.ErrClosed", err)
				}
			}
			if _, err := d.Write(udp(9, "x")); err != net.ErrClosed {
				t.Errorf("Write: %v, want net.ErrClosed", err)
			}
		}
	})
}

func TestDeletedDevice(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := open(t, tun.Config{Name: "doomed"})
		reader := readUntilError(d)
		link, err := netlink.LinkByName("doomed")
		if err == nil {
			err = netlink.LinkDel(link)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := <-reader; !errors.Is(err, tun.ErrGone) || !errors.Is(err, syscall.EBADFD) {
			t.Errorf("the waiting Read: %v, want tun.ErrGone", err)
		}
		if _, err := d.Read(make([]byte, d.MTU())); !errors.Is(err, tun.ErrGone) {
			t.Errorf("Read: %v, want tun.ErrGone", err)
		}
		if _, err := d.Write(udp(9, "x")); !errors.Is(err, tun.ErrGone) {
			t.Errorf("Write: %v, want tun.ErrGone", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := d.Read(make([]byte, d.MTU())); err != net.ErrClosed {
			t.Errorf("Read after Close: %v, want net.ErrClosed", err)
		}
	})
}
