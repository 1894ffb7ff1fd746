package netstack

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func mustListenUDP(t testing.TB, s *Stack, at string) *PacketConn {
	t.Helper()
	p, err := s.ListenUDP(testContext(t), netip.MustParseAddrPort(at), PacketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func mustDialUDP(t testing.TB, s *Stack, to string) *PacketConn {
	t.Helper()
	c, err := s.DialContext(testContext(t), "udp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*PacketConn)
}

func TestPacketConnOfBothFamilies(t *testing.T) {
	a, b := newPair(t, 1500)
	server, err := b.ListenPacket(testContext(t), "udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if got := server.LocalAddr().String(); got != "[::]:53" {
		t.Errorf("LocalAddr is %s", got)
	}
	for _, to := range []string{"192.0.2.2:53", "[2001:db8::2]:53"} {
		client := mustDialUDP(t, a, to)
		if _, err := client.Write([]byte("question")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, from, err := server.ReadFrom(buf)
		if err != nil || string(buf[:n]) != "question" || from.String() != client.LocalAddr().String() {
			t.Fatalf("%s: read %q from %v, %v; the client is %v", to, buf[:n], from, err, client.LocalAddr())
		}
		if _, err := server.WriteTo([]byte("answer"), from); err != nil {
			t.Fatal(err)
		}
		if n, err = client.Read(buf); err != nil || string(buf[:n]) != "answer" {
			t.Fatalf("%s: client read %q, %v", to, buf[:n], err)
		}
	}
}

func TestPacketConnCutsLongDatagrams(t *testing.T) {
	a, b := newPair(t, 1500)
	server := mustListenUDP(t, b, "192.0.2.2:53")
	client := mustDialUDP(t, a, "192.0.2.2:53")
	for range 2 {
		client.Write([]byte("long"))
	}
	client.Write(nil)
	client.Write([]byte("last"))
	buf := make([]byte, 2)
	if n, _, err := server.ReadFromUDPAddrPort(buf); n != 2 || err != nil || string(buf) != "lo" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if n, _, err := server.ReadFromUDPAddrPort(nil); n != 0 || err != nil {
		t.Errorf("read into nothing: %d, %v", n, err)
	}
	if n, _, err := server.ReadFromUDPAddrPort(buf); n != 0 || err != nil {
		t.Errorf("read of an empty datagram: %d, %v", n, err)
	}
	big := make([]byte, 100)
	if n, _, err := server.ReadFromUDPAddrPort(big); err != nil || string(big[:n]) != "last" {
		t.Errorf("read %q, %v", big[:n], err)
	}
}

func TestPacketConnCarriesTheLargestDatagram(t *testing.T) {
	a, b := newPair(t, 1500)
	server := mustListenUDP(t, b, "192.0.2.2:53")
	client := mustDialUDP(t, a, "192.0.2.2:53")
	want := bytes.Repeat([]byte("x"), 65507)
	if n, err := client.Write(want); n != len(want) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
	got := make([]byte, 65535)
	if n, err := server.Read(got); err != nil || !bytes.Equal(got[:n], want) {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	if _, err := client.Write(make([]byte, 65508)); !errors.Is(err, syscall.EMSGSIZE) {
		t.Fatalf("got %v, want EMSGSIZE", err)
	}
}

func TestConnectedPacketConnLearnsOfAClosedPort(t *testing.T) {
	a, _ := newPair(t, 1500)
	for _, to := range []string{"192.0.2.2:9", "[2001:db8::2]:9"} {
		client := mustDialUDP(t, a, to)
		if _, err := client.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: got %v, want ECONNREFUSED", to, err)
		}
	}
}

func TestPacketConnRefusals(t *testing.T) {
	a, b := newPair(t, 1500)
	server := mustListenUDP(t, b, "192.0.2.2:53")
	connected := mustDialUDP(t, a, "192.0.2.2:53")
	to := netip.MustParseAddrPort("192.0.2.1:53")
	checks := []struct {
		what string
		err  func() error
		want error
	}{
		{"write without a peer", func() error { _, err := server.Write([]byte("x")); return err }, syscall.EDESTADDRREQ},
		{"write to while connected", func() error { _, err := connected.WriteToUDPAddrPort([]byte("x"), to); return err }, net.ErrWriteToConnected},
		{"write to a TCP address", func() error { _, err := server.WriteTo([]byte("x"), &net.TCPAddr{}); return err }, syscall.EINVAL},
		{"write to no port", func() error {
			_, err := server.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 65589})
			return err
		}, syscall.EINVAL},
		{"deadline in the past", func() error {
			server.SetReadDeadline(time.Unix(1, 0))
			_, err := server.Read(make([]byte, 1))
			return err
		}, os.ErrDeadlineExceeded},
		{"port in use", func() error { _, err := b.ListenPacket(testContext(t), "udp", "192.0.2.2:53"); return err }, syscall.EADDRINUSE},
		{"not our address", func() error { _, err := b.ListenPacket(testContext(t), "udp", "192.0.2.1:54"); return err }, syscall.EADDRNOTAVAIL},
		{"negative buffer", func() error { return server.SetReadBuffer(-1) }, syscall.EINVAL},
		{"closed", func() error { server.Close(); _, err := server.Read(make([]byte, 1)); return err }, net.ErrClosed},
		{"closed twice", server.Close, net.ErrClosed},
	}
	for _, c := range checks {
		if err := c.err(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, err, c.want)
		}
	}
	_, err := b.ListenPacket(testContext(t), "udp", "[fe80::1%eth0]:53")
	if err == nil || !strings.Contains(err.Error(), "zones are not supported") {
		t.Errorf("zone: got %v", err)
	}
}
