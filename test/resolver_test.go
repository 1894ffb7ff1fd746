package test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/seed-731cb71d/warren/netstack"
)

// nameServer answers for "small.test." and, over TCP alone, "big.test.": both
// are the far stack's addresses. Other names do not exist.
type nameServer struct {
	t *testing.T
}

// answer is the message that answers query; it has no records where it would
// be too long for a datagram.
func (n nameServer) answer(query []byte, stream bool) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		n.t.Errorf("name server: %v", err)
		return nil
	}
	q, err := p.Question()
	if err != nil {
		n.t.Errorf("name server: %v", err)
		return nil
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: h.ID, Response: true, RecursionDesired: h.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	switch name := q.Name.String(); {
	case name == "big.test." && !stream:
		m.Truncated = true
	case name == "small.test." || name == "big.test.":
		head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
		switch q.Type {
		case dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: pipeFar[0].Addr().As4()}}}
		case dnsmessage.TypeAAAA:
			m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: pipeFar[1].Addr().As16()}}}
		}
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
	b, err := m.Pack()
	if err != nil {
		n.t.Errorf("name server: %v", err)
	}
	return b
}

func (n nameServer) serveDatagrams(c net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		size, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		c.WriteTo(n.answer(buf[:size], false), from)
	}
}

func (n nameServer) serveStreams(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			var size [2]byte
			if _, err := io.ReadFull(c, size[:]); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, query); err != nil {
				return
			}
			answer := n.answer(query, true)
			c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
		}()
	}
}

// TestResolverDialsThroughItsStack: package net's resolver finds names through
// the very stack that asks it, over UDP and over TCP.
func TestResolverDialsThroughItsStack(t *testing.T) {
	x, y := netstack.Pipe(1500)
	far := newStack(t, netstack.Config{Interfaces: []netstack.Interface{{Link: y, Addresses: pipeFar}}})
	ctx := context.Background()
	datagrams, err := far.ListenPacket(ctx, "udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	streams, err := far.Listen(ctx, "tcp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	server := nameServer{t}
	go server.serveDatagrams(datagrams)
	go server.serveStreams(streams)

	var near *netstack.Stack
	near = newStack(t, netstack.Config{
		Interfaces: []netstack.Interface{{Link: x, Addresses: pipeNear}},
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return near.DialContext(ctx, network, "192.0.2.2:53")
		}},
	})
	l, err := far.Listen(ctx, "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	for network, want := range map[string]netip.AddrPort{
		"tcp4": netip.AddrPortFrom(pipeFar[0].Addr(), 80),
		"tcp6": netip.AddrPortFrom(pipeFar[1].Addr(), 80),
	} {
		for _, host := range []string{"small.test.", "big.test."} {
			c, err := near.DialContext(ctx, network, net.JoinHostPort(host, "80"))
			if err != nil {
				t.Fatalf("%s to %s: %v", network, host, err)
			}
			if got := c.RemoteAddr().String(); got != want.String() {
				t.Errorf("%s to %s: connected with %s, want %v", network, host, got, want)
			}
			c.Close()
		}
	}
	l.Close()
	var unknown *net.DNSError
	if _, err := near.DialContext(ctx, "tcp", "unknown.test.:80"); !errors.As(err, &unknown) || !unknown.IsNotFound {
		t.Errorf("a name that does not exist: %v, want a *net.DNSError that says so", err)
	}
}
