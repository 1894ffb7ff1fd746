package netstack

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// icmpFailure is an ICMP error from the router, 192.0.2.9 or 2001:db8::9, that
// quotes the first 60 bytes of the packet. ICMPv6's checksum is missing.
func icmpFailure(packet []byte, kind, code byte) []byte {
	quoted := packet[:min(len(packet), 60)]
	if packet[0]>>4 == 6 {
		b := make([]byte, 48, 48+len(quoted))
		b[0], b[6], b[7] = 0x60, 58, 64
		binary.BigEndian.PutUint16(b[4:], uint16(8+len(quoted)))
		copy(b[8:], netip.MustParseAddr("2001:db8::9").AsSlice())
		copy(b[24:40], packet[8:24]) // to who sent it
		b[40], b[41] = kind, code
		return append(b, quoted...)
	}
	b := make([]byte, 28, 28+len(quoted))
	copy(b, []byte{0x45, 0, 0, byte(28 + len(quoted)), 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 9})
	copy(b[16:20], packet[12:16]) // to who sent it
	b[20], b[21] = kind, code
	checksumInto(b[:20], 10)
	b = append(b, quoted...)
	checksumInto(b[20:], 2)
	return b
}

// pingThrough pings the address and has answer make of the request what comes
// back.
func pingThrough(t *testing.T, to netip.Addr, answer func(request []byte) [][]byte) error {
	t.Helper()
	requests := make(chan []byte, 1)
	link := &sinkLink{mtu: 1500, look: func(p *Packet) { requests <- packetBytes(p) }}
	s := mustNew(t, Config{Interfaces: []Interface{{Link: link, Addresses: pairAddresses(1)}}})
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_, err := s.Ping(ctx, to, PingOptions{Sequence: 3})
		done <- err
	}()
	for _, b := range answer(<-requests) {
		p := NewPacket(len(b))
		fill(p, b)
		link.receiver.Deliver([]*Packet{p})
	}
	err := <-done
	if n := s.pings.count.Load(); n != 0 || len(s.pings.waiting) != 0 {
		t.Errorf("%d requests are still watched", n)
	}
	return err
}

func TestPingReportsICMPErrors(t *testing.T) {
	for _, test := range []struct {
		to         string
		kind, code byte
		want       syscall.Errno
		text       string
	}{
		{"198.51.100.1", 3, 0, syscall.ENETUNREACH, "network unreachable"},
		{"198.51.100.1", 3, 1, syscall.EHOSTUNREACH, "host unreachable"},
		{"198.51.100.1", 3, 13, syscall.EHOSTUNREACH, "administratively prohibited"},
		{"198.51.100.1", 11, 0, syscall.EHOSTUNREACH, "time to live exceeded"},
		{"198.51.100.1", 12, 0, syscall.EPROTO, "parameter problem"},
		{"2001:db8:9::1", 1, 0, syscall.ENETUNREACH, "no route"},
		{"2001:db8:9::1", 1, 3, syscall.EHOSTUNREACH, "host unreachable"},
		{"2001:db8:9::1", 2, 0, syscall.EMSGSIZE, "packet too big"},
		{"2001:db8:9::1", 3, 0, syscall.EHOSTUNREACH, "time to live exceeded"},
	} {
		to := netip.MustParseAddr(test.to)
		err := pingThrough(t, to, func(request []byte) [][]byte {
			return [][]byte{icmpFailure(request, test.kind, test.code)}
		})
		router := netip.MustParseAddr("192.0.2.9")
		if to.Is6() {
			router = netip.MustParseAddr("2001:db8::9")
		}
		var failure *ICMPError
		if !errors.As(err, &failure) || *failure != (ICMPError{From: router, Type: test.kind, Code: test.code}) {
			t.Errorf("%+v: %v, want the router's message", test, err)
		}
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%+v: %v, want %v and %q", test, err, test.want, test.text)
		}
	}
}

func TestPingHeedsErrorsAboutItsRequestAlone(t *testing.T) {
	err := pingThrough(t, netip.MustParseAddr("198.51.100.1"), func(request []byte) [][]byte {
		var wrong [][]byte
		for _, at := range []int{15, 19, 20, 25, 27} { // source, destination, type, identifier, sequence
			changed := append([]byte(nil), request...)
			changed[at] ^= 1
			wrong = append(wrong, icmpFailure(changed, 3, 1))
		}
		wrong = append(wrong, icmpFailure(request, 5, 1)) // a redirect is no failure
		return append(wrong, icmpFailure(request, 3, 0))
	})
	if !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("got %v, want the last error, which alone is about the request", err)
	}
}

func TestEchoFailureNeedsTheWholeQuote(t *testing.T) {
	request := echoRequest(0)
	whole := icmpFailure(request, 3, 1)
	for n := range len(whole) {
		if _, failure := echoFailure(whole[:n]); failure != nil {
			t.Errorf("%d of %d bytes were enough", n, len(whole))
		}
	}
	id, failure := echoFailure(whole)
	want := echoID{local: tcpip.AddrFrom4([4]byte{192, 0, 2, 2}), remote: tcpip.AddrFrom4([4]byte{192, 0, 2, 1})}
	if failure == nil || id != want {
		t.Errorf("got %+v, %v, want %+v", id, failure, want)
	}
	for _, change := range []struct{ at, to byte }{{0, 0x4f}, {7, 1}, {28, 0x65}, {28, 0x41}} { // header lengths, fragment, versions
		b := append([]byte(nil), whole...)
		b[change.at] = change.to
		if _, failure := echoFailure(b); failure != nil {
			t.Errorf("byte %d as %#x: %v", change.at, change.to, failure)
		}
	}
}
