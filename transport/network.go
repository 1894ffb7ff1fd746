package transport

import (
	"context"
	"net/netip"
	"time"
)

// Network carries sockets: the kernel, a userspace stack, a simulated host.
// It is what a Node stands on. Everything here is non-blocking but Dial, and
// made of standard types, so that a network needs no import of this package
// but these few names.
//
// A call that cannot go on at once returns syscall.EAGAIN; the function given
// to Notify is called when trying again is worth while. Other failures are
// syscall.Errno values (wrapped or not) with the kernel's meaning; io.EOF is
// the peer's FIN; net.ErrClosed follows Close. All methods may be called
// concurrently.
type Network interface {
	// Name identifies the network: "kernel", "netstack", "tun" or "sim".
	Name() string

	// Listen opens a listening socket; it does not block.
	Listen(ctx context.Context, spec ListenSpec) (NetListener, error)

	// Dial connects, blocking until the connection is established, fails,
	// or ctx ends. When ctx ends nothing is left open.
	Dial(ctx context.Context, spec DialSpec) (NetConn, error)
}

// ListenSpec is all that a network must know before a socket listens.
type ListenSpec struct {
	// Local is the address and port to bind. The zero address means all
	// addresses of the family; port 0 means a free port.
	Local netip.AddrPort
	// Inet6 selects the family where Local has no address.
	Inet6 bool
	// V6Only keeps IPv4 out of an IPv6 wildcard listener.
	V6Only bool
	// Backlog is gen_tcp's backlog: Backlog+1 connections wait.
	Backlog int
	// ReuseAddr is SO_REUSEADDR, with Linux's meaning for listeners.
	ReuseAddr bool
	// Options are applied before the socket is bound.
	Options []SockOptValue
	// FD is a descriptor to adopt instead of opening a socket, if HasFD.
	// A network without descriptors answers errors.ErrUnsupported.
	FD    int
	HasFD bool
}

// DialSpec is all that a network must know before a socket connects.
type DialSpec struct {
	// Remote is the destination, address and port.
	Remote netip.AddrPort
	// Local is the address and port to bind first; zero values choose.
	Local netip.AddrPort
	// ReuseAddr is SO_REUSEADDR for the bind to Local.
	ReuseAddr bool
	// Options are applied before the socket connects.
	Options []SockOptValue
	// FD and HasFD are as in ListenSpec, for a connected descriptor.
	FD    int
	HasFD bool
}

// NetListener is a listening socket of a Network.
type NetListener interface {
	NetSocket

	// TryAccept returns the oldest completed connection, or syscall.EAGAIN.
	// Where the network limits its sockets it answers ErrSystemLimit (or
	// syscall.EMFILE) and the connection stays queued.
	TryAccept() (NetConn, error)
}

// NetConn is a connected socket of a Network.
type NetConn interface {
	NetSocket

	// TryRead reads what has arrived, at most len(p) bytes. n == 0 with
	// io.EOF is the peer's FIN; n == 0 with syscall.EAGAIN is nothing yet.
	TryRead(p []byte) (n int, err error)

	// TryWrite hands over as much of p as the send buffer takes. n < len(p)
	// comes with syscall.EAGAIN or with the error that ended the socket.
	// p is not kept.
	TryWrite(p []byte) (n int, err error)

	// Peer is the remote address; syscall.ENOTCONN once the connection is
	// known to be gone.
	Peer() (netip.AddrPort, error)

	// Shutdown closes one or both directions; see How.
	Shutdown(how How) error

	// SetLinger is SO_LINGER as net.TCPConn.SetLinger has it: sec < 0 off,
	// 0 makes Close reset the connection, sec > 0 is accepted and does not
	// make Close block (the waiting is this package's).
	SetLinger(sec int) error
}

// NetSocket is what listeners and connections of a Network share.
type NetSocket interface {
	// Notify registers f, replacing the one before; nil removes it. f is
	// called after each change of readiness that a Try method would notice
	// (data, room, FIN, error, a queued connection), perhaps more often, and
	// once soon after Notify itself. f may run on any goroutine, with the
	// network's locks held: it must not block and must not call back.
	Notify(f func())

	// Local is the bound address. A connection accepted by a wildcard
	// listener has its concrete one.
	Local() (netip.AddrPort, error)

	// SetOption and Option set and get one option; errors.ErrUnsupported
	// where the network has nothing of the kind.
	SetOption(opt SockOpt, value int) error
	Option(opt SockOpt) (value int, err error)

	// Close gives the socket back and returns without waiting. Data that
	// TryWrite took is still sent, then FIN; received data that was never
	// read makes it a reset, and so does SetLinger(0). Connections that
	// wait in a closed listener's queue are reset. Idempotent.
	Close() error
}

// How names the direction of a shutdown.
type How uint8

// The directions of Shutdown, in gen_tcp's words.
const (
	ShutdownRead How = iota + 1
	ShutdownWrite
	ShutdownReadWrite
)

// SockOpt names an option that belongs to the network rather than to this
// package. Booleans are 0 and 1, sizes are bytes.
type SockOpt uint8

// The options that a Network may know.
const (
	SockNoDelay SockOpt = iota + 1
	SockKeepAlive
	SockRecvBuffer
	SockSendBuffer
	SockTTL
	SockTOS
	SockTrafficClass
	SockPriority
	SockV6Only
	SockReuseAddr
	SockDontRoute
)

// SockOptValue is an option to be set before a socket is bound or connected.
type SockOptValue struct {
	Opt   SockOpt
	Value int
}

// DeviceBinder is implemented by a NetSocket that can be bound to an interface
// by name (the option bind_to_device). Without it the option is refused.
type DeviceBinder interface {
	// BindToDevice binds the socket, open already, to the interface; "" is
	// not given. syscall.EINVAL where there is none of that name.
	BindToDevice(name string) error
}

// Clock is the time of a Node: every timeout comes from it. It has the same
// methods as netstack.Clock, so one value serves both. A Node uses it only on
// the goroutines that call the Node, on those it starts, and on those that run
// its timers and wake-ups, never from inside a network's notification. So the
// clock of a simulation may look what the time of the caller's bubble is.
type Clock interface {
	// Now returns the present time.
	Now() time.Time
	// AfterFunc calls f once, d from now, never inside AfterFunc itself;
	// stop reports whether it prevented the call.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Scheduler decides when goroutines go on; nil means Go's own. It exists for
// simulators. netstack.Scheduler's Wait, Ready and Go are the same methods.
type Scheduler interface {
	// Wait blocks the calling goroutine until ready can be received from or
	// ctx ends. It may take what it receives or leave it.
	Wait(ctx context.Context, ready <-chan struct{})
	// Ready takes a wake-up, to be called exactly once, later or at once;
	// wake does not block, but it may call Go. Ready may be called from any
	// goroutine, with any lock held.
	Ready(wake func())
	// Go starts f on a goroutine of its own.
	Go(f func())
}
