package test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
	"github.com/seed-731cb71d/warren/transport/transporttest"
)

// The suites of this file make subtests, which the t of a bubble does not. So
// they get the t outside: its subtests run in the bubble nevertheless, because
// a goroutine is in the bubble of the one that started it.

// suitePath has a rate, because much can be said in the tenth of a second after
// which nettest ends an endless conversation.
var suitePath = sim.PathConfig{Delay: wayDelay, BitsPerSecond: 100_000_000}

// simPair adds two hosts to w.
func simPair(w *sim.World, family sim.Family) (near, far *sim.Host) {
	n := len(w.Hosts()) / 2
	add := func(name string) *sim.Host {
		return w.Host(fmt.Sprint(name, n), func(c *sim.HostConfig) { c.Family = family })
	}
	return add("near"), add("far")
}

// TestContractInVirtualTime runs the contract's suite on simulated hosts.
func TestContractInVirtualTime(t *testing.T) {
	for name, family := range map[string]sim.Family{"IPv4": sim.IPv4, "IPv6": sim.IPv6} {
		t.Run(name, func(t *testing.T) {
			if !*long && (testing.Short() || family == sim.IPv6) {
				t.Skip("runs under -long: the recorded scenarios stand for the suite")
			}
			sim.Config{Path: suitePath}.Test(t, func(_ *testing.T, w *sim.World) {
				transporttest.Run(t, func(t *testing.T) transporttest.Harness {
					near, far := simPair(w, family)
					return transporttest.Harness{
						Server: onstack.Named(far.Stack(), "sim"), Client: onstack.Named(near.Stack(), "sim"),
						Addr: far.Addrs()[0], Clock: far.Clock(), Scheduler: far.Scheduler(),
					}
				})
			})
		})
	}
}

// TestNettestInVirtualTime runs golang.org/x/net's suite of what a net.Conn
// must do on connections of simulated hosts: those of the stack, and those
// that the Transport makes.
func TestNettestInVirtualTime(t *testing.T) {
	for name, connect := range map[string]func(near, far *sim.Host) (c1, c2 net.Conn, err error){
		"netstack": connectStacks, "transport": connectNodes,
	} {
		t.Run(name, func(t *testing.T) {
			sim.Config{Path: suitePath}.Test(t, func(_ *testing.T, w *sim.World) {
				nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
					c1, c2, err = connect(simPair(w, sim.DualStack))
					return c1, c2, func() { c1.Close(); c2.Close() }, err
				})
			})
		})
	}
}

func connectStacks(near, far *sim.Host) (c1, c2 net.Conn, err error) {
	l, err := far.Listen("tcp", ":80")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if c1, err = near.Dial("tcp", far.Name()+":80"); err != nil {
		return nil, nil, err
	}
	c2, err = l.Accept()
	return c1, c2, err
}

func connectNodes(near, far *sim.Host) (c1, c2 net.Conn, err error) {
	server, client := sim.Must(far.Transport()).NewOwner("server").TCP(), sim.Must(near.Transport()).NewOwner("client").TCP()
	l, err := server.Listen(80, transport.Active(false))
	if err != nil {
		return nil, nil, err
	}
	dialled, err := client.Connect(netip.AddrPortFrom(far.Addr(), 80), transport.Infinity, transport.Active(false))
	if err != nil {
		return nil, nil, err
	}
	accepted, err := server.Accept(l, transport.Infinity)
	if err != nil {
		return nil, nil, err
	}
	if c1, err = client.AsConn(dialled); err != nil {
		return nil, nil, err
	}
	c2, err = server.AsConn(accepted)
	return c1, c2, err
}
