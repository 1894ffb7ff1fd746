package test

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/transport"
)

// TestConnOfTransport runs package net's own expectations of a net.Conn on
// TCP.AsConn, on every arm in its place. In virtual time a host that talks to
// itself takes no time at all, so an endless conversation that a timer is to
// end never does; TestNettestInVirtualTime has two hosts.
func TestConnOfTransport(t *testing.T) {
	for _, arm := range arms() {
		if _, virtual := arm.Arm.(simArm); virtual {
			continue
		}
		t.Run(arm.Name(), func(t *testing.T) {
			arm.in(t, func(t *testing.T) {
				nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return adapterPipe(t, arm) })
			})
		})
	}
}

// adapterPipe connects a node with itself and returns both ends.
func adapterPipe(t *testing.T, arm vectors.Arm) (accepted, dialled net.Conn, stop func(), err error) {
	t.Helper()
	world, err := arm.Open(vectors.Needs{})
	if err != nil {
		return nil, nil, nil, err
	}
	stop = func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	}
	tcp := world.Node().NewOwner("nettest").TCP()
	addr := world.StandIn(local1)
	l, err := tcp.Listen(0, transport.IP(addr), transport.Active(false))
	if err != nil {
		return nil, nil, stop, err
	}
	listener, err := tcp.AsListener(l)
	if err != nil {
		return nil, nil, stop, err
	}
	port, err := tcp.Port(l)
	if err != nil {
		return nil, nil, stop, err
	}
	s, err := tcp.Connect(netip.AddrPortFrom(addr, uint16(port)), transport.Infinity, transport.Active(false))
	if err != nil {
		return nil, nil, stop, err
	}
	if dialled, err = tcp.AsConn(s); err != nil {
		return nil, nil, stop, err
	}
	accepted, err = listener.Accept()
	return accepted, dialled, stop, err
}
