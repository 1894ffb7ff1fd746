package transport

import (
	"math"
	"time"
)

// Infinity is the timeout that never elapses. It is what gen_tcp uses where
// the caller gives none: accept(ListenSocket) is Accept(l, Infinity). Zero
// polls: the call does what it can at once or answers ErrTimeout. Other
// negative durations are refused with ErrBadArg.
const Infinity time.Duration = math.MinInt64

// Transport is the contract that acceptors and protocols are written
// against: the seven callbacks of the Pool.Transport behaviour, with the
// semantics of Erlang's gen_tcp. "The calling process" of that contract is
// the Owner whose view the value is; see Owner.TCP.
//
// Every method may be called concurrently, for any socket, by any owner:
// ownership decides only who receives messages, whose end closes the socket,
// and who may call ControllingProcess.
type Transport interface {
	// Accept takes the oldest waiting connection of listener, waiting up to
	// timeout for one; waiters are served first come, first served. The
	// caller owns the connection, which starts with the listener's options
	// as they are at that moment. ErrClosed when listener is closed,
	// ErrTimeout when no connection came in time, ErrSystemLimit when the
	// node or its network has no socket left (the connection stays queued),
	// syscall.EINVAL for a connection, else a POSIX error.
	Accept(listener *Socket, timeout time.Duration) (*Socket, error)

	// Close closes s: queued data is sent first, then FIN; linger and
	// unread data change that as in gen_tcp. Calls blocked on s return
	// ErrClosed. No message is sent to the owner. It always returns nil.
	Close(s *Socket) error

	// ControllingProcess makes to the owner of s and moves the Data
	// messages of s that wait in the old owner's mailbox to it, in order.
	// ErrNotOwner if the caller does not own s, ErrClosed if s is closed,
	// ErrBadArg if to is nil or has ended.
	ControllingProcess(s *Socket, to *Owner) error

	// Listen opens a listener on port (0: a free one; Port tells) with the
	// options given; of an option given twice the last wins. Malformed
	// arguments are refused with ErrBadArg and open nothing.
	Listen(port int, opts ...Option) (*Socket, error)

	// Name answers the network that carries the sockets: kernel, netstack,
	// tun or sim. It never fails.
	Name() string

	// Receive takes data from a passive connection. In raw mode length 0
	// means whatever is there and N exactly N bytes; with a packet type it
	// must be 0 and one packet is returned. ErrTimeout leaves what has
	// arrived for the next call. ErrClosed once when the peer has ended,
	// then syscall.ENOTCONN; syscall.EINVAL in active mode;
	// syscall.EALREADY while another Receive waits on s.
	Receive(s *Socket, length int, timeout time.Duration) (Payload, error)

	// Send queues data as one packet and adds the packet type's length
	// header. nil means taken over, not acknowledged. It blocks while the
	// queue is above the high watermark, at most for the option
	// send_timeout; a payload whose Send timed out stays queued, unless the
	// queue held 64 MiB before.
	// syscall.EINVAL for data that is no IOData. data is not kept.
	Send(s *Socket, data IOData) error
}

// IOData is what Send takes: []byte, string, a byte, an int from 0 to 255, or
// a slice of such values ([][]byte, []any, []IOData) nested to any depth, as
// in Erlang's iodata.
type IOData = any

// Mode is the form in which gen_tcp delivers data.
type Mode uint8

// The modes; gen_tcp's default is ModeList, the pool's ModeBinary.
const (
	ModeList Mode = iota
	ModeBinary
)

// Message is what an owner's mailbox holds: Data, Closed, Error or Passive.
type Message interface {
	// From is the socket that the message is about.
	From() *Socket
}

// Data is {tcp, Socket, Data}: one packet of an active socket.
type Data struct {
	Socket  *Socket
	Payload Payload
}

// Closed is {tcp_closed, Socket}: the peer has ended the connection.
type Closed struct{ Socket *Socket }

// Error is {tcp_error, Socket, Reason}; a Closed follows it.
type Error struct {
	Socket *Socket
	Err    error
}

// Passive is {tcp_passive, Socket}: an active count has reached zero.
type Passive struct{ Socket *Socket }

// From returns m.Socket.
func (m Data) From() *Socket { return m.Socket }

// From returns m.Socket.
func (m Closed) From() *Socket { return m.Socket }

// From returns m.Socket.
func (m Error) From() *Socket { return m.Socket }

// From returns m.Socket.
func (m Passive) From() *Socket { return m.Socket }
