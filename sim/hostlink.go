package sim

import (
	"net"
	"sync/atomic"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// hostLink is an interface of a host as its stack sees it, for one life of the
// stack.
type hostLink struct {
	host *Host
	port *engine.Port
	mtu  int
	down atomic.Bool         // nothing gets out any more
	one  [1]*netstack.Packet // what is being delivered
}

var _ netstack.Link = (*hostLink)(nil)

// MTU implements netstack.Link.
func (l *hostLink) MTU() int { return l.mtu }

// Offload implements netstack.Link: packets are complete, so that faults can
// damage them as they would on a wire.
func (l *hostLink) Offload() netstack.Offload { return netstack.Offload{} }

// Attach implements netstack.Link.
func (l *hostLink) Attach(r netstack.Receiver) error {
	l.port.Receive(func(p engine.Packet) {
		l.host.touch()
		l.one[0] = p.(*netstack.Packet)
		r.Deliver(l.one[:])
		l.one[0] = nil
	})
	return nil
}

// Send implements netstack.Link.
func (l *hostLink) Send(pkts []*netstack.Packet) (int, error) {
	if l.down.Load() {
		for _, p := range pkts {
			p.Release()
		}
		return 0, net.ErrClosed
	}
	for _, p := range pkts {
		l.host.w.net.Send(l.port, p)
	}
	return len(pkts), nil
}

// Close implements netstack.Link.
func (l *hostLink) Close() error {
	l.cut()
	return nil
}

// cut lets nothing in or out any more. The driver calls it, or somebody while
// the driver stands still.
func (l *hostLink) cut() {
	if l.down.CompareAndSwap(false, true) {
		l.port.Receive(nil)
	}
}
