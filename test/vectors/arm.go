package vectors

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// Arm is a kind of network that scenarios can run on: a userspace stack, the
// kernel, a simulation.
type Arm interface {
	// Name is the arm's word on the command line and in deviations.
	Name() string
	// Open makes a fresh World for one scenario. An Unable error means
	// that this arm cannot provide it here, and why.
	Open(needs Needs) (World, error)
}

// Needs is what a scenario asks of its World.
type Needs struct {
	// PortFirst and PortLast are the exact ephemeral range; 0 is any.
	PortFirst, PortLast uint16
	// SocketsMax limits the node's sockets; 0 is the default.
	SocketsMax int
}

// Unable is the error of an arm that cannot run a scenario here.
type Unable struct {
	// Why is a sentence that says what would be needed.
	Why string
}

// Error returns e.Why.
func (e *Unable) Error() string { return e.Why }

// World is one scenario's network: the node under test and the other side
// from which peers connect.
type World interface {
	// Node is the node under test.
	Node() *transport.Node
	// Clock is the time in which the scenario runs.
	Clock() Clock
	// StandIn is the address that stands for one of the format's local
	// addresses (127.0.0.1 to 127.0.0.3, ::1); others stand for
	// themselves.
	StandIn(addr netip.Addr) netip.Addr
	// Symbol is the way back: the format's address for a real one.
	Symbol(addr netip.Addr) netip.Addr
	// DialPeer connects from the other side. recvBuffer, if not 0, is the
	// size in bytes of the peer's receive buffer.
	DialPeer(ctx context.Context, remote netip.AddrPort, recvBuffer int) (Peer, error)
	// Settle returns when the handshakes of connected peers have ended on
	// the node's side too, or after a while if one does not: a peer is
	// connected one segment earlier than the node knows. In virtual time it
	// returns when no packet is under way and everybody waits.
	Settle()
	// Close gives everything back and returns when it is gone. Run calls
	// it once, after all peers are gone.
	Close() error
}

// Peer is the far end of a connection: a plain TCP client.
type Peer interface {
	net.Conn
	// CloseRead and CloseWrite close one direction, as net.TCPConn's do.
	CloseRead() error
	CloseWrite() error
	// Abort closes with a reset.
	Abort() error
}

// Clock is the time of a World. Its methods may be called concurrently.
type Clock interface {
	// Now returns the present time and does not block.
	Now() time.Time
	// Sleep blocks the calling goroutine for d.
	Sleep(d time.Duration)
	// AfterFunc calls f, d from now, on a goroutine of its own; stop
	// reports whether it prevented that. Neither blocks.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
	// Slack is how late an operation may be merely because the machine is
	// busy; 0 in virtual time.
	Slack() time.Duration
}
