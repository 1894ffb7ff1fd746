package netstack

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// orphan watches the end of a connection that the application has closed and
// whose FIN is on its way. The stack below gives up such a connection when the
// peer's FIN does not come within TCPConfig.FinWait2, and neither counts that nor
// tells anybody: it is known by the state's going from FIN-WAIT-2 to CLOSED
// without TIME-WAIT between.
//
// It lives as long as its endpoint, which alone refers to it.
type orphan struct {
	entry waiter.Entry
	ep    *tcp.Endpoint
	count *atomic.Uint64
	done  atomic.Bool
}

var _ waiter.EventListener = (*orphan)(nil)

// watchOrphan is called when the application has closed ep.
func (s *Stack) watchOrphan(ep tcpip.Endpoint, queue *waiter.Queue) {
	e, ok := ep.(*tcp.Endpoint)
	if !ok {
		return
	}
	switch e.EndpointState() {
	case tcp.StateFinWait1, tcp.StateFinWait2:
	default:
		return // it will not wait for a FIN
	}
	o := &orphan{ep: e, count: &s.finWait2Timeouts}
	o.entry.Init(o, waiter.EventHUp)
	queue.EventRegister(&o.entry)
	switch e.EndpointState() {
	case tcp.StateFinWait1, tcp.StateFinWait2, tcp.StateClosing:
	default:
		o.done.Store(true) // its last word came before it was listened to
	}
}

// NotifyEvent implements waiter.EventListener. It may be called with locks of
// the stack held. A reset ends the connection as an error, which is not counted
// here.
func (o *orphan) NotifyEvent(waiter.EventMask) {
	switch o.ep.EndpointState() {
	case tcp.StateTimeWait, tcp.StateError:
		o.done.Store(true)
	case tcp.StateClose:
		if o.done.CompareAndSwap(false, true) {
			o.count.Add(1)
		}
	}
}
