package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// State is the state of a TCP socket; it prints as RFC 9293, 3.3.2 names it.
type State uint8

// The TCP states of RFC 9293, 3.3.2. A socket that has failed is StateClosed.
const (
	StateClosed State = iota
	StateListen
	StateSynSent
	StateSynReceived
	StateEstablished
	StateFinWait1
	StateFinWait2
	StateCloseWait
	StateClosing
	StateLastAck
	StateTimeWait
)

var stateNames = [...]string{
	StateClosed:      "CLOSED",
	StateListen:      "LISTEN",
	StateSynSent:     "SYN-SENT",
	StateSynReceived: "SYN-RECEIVED",
	StateEstablished: "ESTABLISHED",
	StateFinWait1:    "FIN-WAIT-1",
	StateFinWait2:    "FIN-WAIT-2",
	StateCloseWait:   "CLOSE-WAIT",
	StateClosing:     "CLOSING",
	StateLastAck:     "LAST-ACK",
	StateTimeWait:    "TIME-WAIT",
}

// String returns the state's name, such as "FIN-WAIT-1".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "UNKNOWN"
}

// stateOf translates the stack's states, of which it has more.
func stateOf(s tcp.EndpointState) State {
	switch s {
	case tcp.StateListen:
		return StateListen
	case tcp.StateConnecting, tcp.StateSynSent:
		return StateSynSent
	case tcp.StateSynRecv:
		return StateSynReceived
	case tcp.StateEstablished:
		return StateEstablished
	case tcp.StateFinWait1:
		return StateFinWait1
	case tcp.StateFinWait2:
		return StateFinWait2
	case tcp.StateCloseWait:
		return StateCloseWait
	case tcp.StateClosing:
		return StateClosing
	case tcp.StateLastAck:
		return StateLastAck
	case tcp.StateTimeWait:
		return StateTimeWait
	}
	return StateClosed
}

// state is the connection's present state.
func (c *Conn) state() State {
	return stateOf(tcp.EndpointState(c.h.ep.State()))
}

// connected reports whether the connection is established and not yet gone,
// perhaps closed by one side.
func (c *Conn) connected() bool {
	switch c.state() {
	case StateClosed, StateListen, StateSynSent, StateSynReceived, StateTimeWait:
		return false
	}
	return true
}
