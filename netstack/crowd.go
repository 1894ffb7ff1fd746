package netstack

import (
	"math/bits"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	// crowdFrom is how many connections make a crowd.
	crowdFrom = 64

	// crowdTurn is what each connection takes of the stack's processors in a
	// round: the work for 64 KiB, and for waking who waits for it. Nobody can be
	// blamed for an acknowledgement that does not come before all others have
	// had their turn.
	crowdTurn = 200 * time.Microsecond

	// crowdTimerMost is below the usual least retransmission timeout.
	crowdTimerMost = 180 * time.Millisecond
)

// Buffers of a crowd's connections are not made smaller than this. What is sent
// fills them at once, and takes the processor's time for it; what is received
// is, with a thousand connections, in the device's queue.
const (
	crowdSendLeast    = 128 << 10
	crowdReceiveLeast = 256 << 10

	// crowdSendPackets is the same for send buffers in packets: gVisor makes
	// room for twice the first congestion window, which is ten segments, as
	// soon as one is acknowledged, so a smaller buffer only makes a writer wait
	// once more.
	crowdSendPackets = 16
)

// crowd adapts a stack's TCP to how many connections it has. While there are
// few, each may take what one fast connection needs. A thousand that do so wait
// for each other: their first writes copy a gigabyte into send buffers while
// nobody reads acknowledgements, their windows are many times what a device's
// queue holds, and gVisor's tail loss probes (RFC 8985, section 7), which allow
// for two round trips as short as the handshake was, send again what nobody has
// lost and halve the congestion window for it.
//
// All of that is a matter of processors and devices, so a stack with a clock of
// its own, as in the simulator, is left alone. The Stack's mu protects it.
type crowd struct {
	conns int
	level int // 0: no crowd; each doubling of it is one more
}

// crowdLevel is the level of a number of connections.
func crowdLevel(conns int) int { return bits.Len(uint(conns / crowdFrom)) }

// joinLocked and leaveLocked count a connection in the application's hands.
func (s *Stack) joinLocked(k socket)  { s.crowdLocked(k, 1) }
func (s *Stack) leaveLocked(k socket) { s.crowdLocked(k, -1) }

func (s *Stack) crowdLocked(k socket, delta int) {
	if _, ok := k.(*Conn); !ok || !s.time.system {
		return
	}
	s.crowd.conns += delta
	level := crowdLevel(s.crowd.conns)
	if level == s.crowd.level {
		return
	}
	s.crowd.level = level
	s.time.least.Store(int64(crowdTimer(level, s.cfg.TCP.RTOMin)))
	for _, o := range s.ownBuffers.options(level) {
		_ = s.gs.SetTransportProtocolOption(tcp.ProtocolNumber, o) // sizes that New has taken, or smaller ones in order
	}
}

// crowdTimer is the shortest timer that gVisor may set: 0 for any. It stays
// below the retransmission timeout, whose setting it must not overrule.
func crowdTimer(level int, rtoMin time.Duration) time.Duration {
	if level == 0 {
		return 0
	}
	return min(crowdFrom*crowdTurn<<min(level, 8), crowdTimerMost, rtoMin*9/10)
}

// ownBuffers are the buffer sizes that the application has left to the stack,
// nil for those that it has not.
type ownBuffers struct {
	send, receive *BufferBytes
	sendLeast     int
}

// newOwnBuffers notes which sizes of c are the stack's, before it fills in the
// defaults.
func newOwnBuffers(c TCPConfig, interfaces []Interface) (o ownBuffers) {
	o.sendLeast = crowdSendLeast
	for _, i := range interfaces {
		o.sendLeast = max(o.sendLeast, crowdSendPackets*i.Link.MTU())
	}
	if c.SendBuffer == (BufferBytes{}) {
		o.send = &bufferDefault
	}
	if c.ReceiveBuffer == (BufferBytes{}) && !c.FixedReceiveBuffer {
		o.receive = &bufferDefault
	}
	return o
}

// options are the sizes of connections that begin, and the limits to which
// those of all others grow, in gVisor's words. The limit of send buffers stays:
// gVisor would shrink a buffer that is above it while bytes are acknowledged,
// and then never wake the writer.
func (o ownBuffers) options(level int) (all []tcpip.SettableTransportProtocolOption) {
	if b := o.send; b != nil {
		all = append(all, &tcpip.TCPSendBufferSizeRangeOption{Min: b.Min, Default: max(b.Default>>level, min(o.sendLeast, b.Default)), Max: b.Max})
	}
	if b := o.receive; b != nil {
		all = append(all, &tcpip.TCPReceiveBufferSizeRangeOption{
			Min: b.Min, Default: max(b.Default>>level, crowdReceiveLeast), Max: max(b.Max>>level, crowdReceiveLeast),
		})
	}
	return all
}
