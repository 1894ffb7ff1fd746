package transport

import (
	"fmt"
	"net/netip"
	"time"
)

// Option is one option of Listen, Connect and SetOpts, and one answer of
// GetOpts. A bare option, such as binary or inet6, has a nil Value.
//
// The constructors below make well-formed options. A literal Option is checked
// when it is used: Listen and Connect refuse what they do not know with
// ErrBadArg, SetOpts with syscall.EINVAL, both wrapped in an *OptionError.
//
// Values are Go values: bool for booleans; any integer type for numbers and
// sizes; Atom for symbols; PacketType, Mode, LingerValue, netip.Addr,
// time.Duration and Network where the constructor of that name says so.
// docs/options.md lists all options.
type Option struct {
	Name  string
	Value any
}

// String prints o as gen_tcp writes it: "binary" or "{active,false}".
func (o Option) String() string {
	if o.Value == nil {
		return o.Name
	}
	return fmt.Sprintf("{%s,%s}", o.Name, printValue(o.Value))
}

// Atom is a symbol, where gen_tcp has an Erlang atom: Atom("once"). A Go
// string is text, never a symbol.
type Atom string

// The symbols that option values may be.
const (
	AtomOnce     Atom = "once"     // active: one message
	AtomInfinity Atom = "infinity" // send_timeout: never
	AtomAny      Atom = "any"      // ip: all addresses of the family
	AtomLoopback Atom = "loopback" // ip: the loopback address of the family
)

// LingerValue is the value of the option linger. On false: Close returns once
// queued data is handed to the network. On true and Seconds 0: Close resets
// the connection. Otherwise Close waits at most Seconds for queued data.
type LingerValue struct {
	On      bool
	Seconds int
}

// Binary delivers data in ModeBinary.
func Binary() Option { return Option{Name: "binary"} }

// List delivers data in ModeList, the default.
func List() Option { return Option{Name: "list"} }

// Active sends what arrives to the owner as messages (true, the default of
// gen_tcp) or leaves it to Receive (false).
func Active(on bool) Option { return Option{"active", on} }

// ActiveOnce sends one message to the owner and makes the socket passive.
func ActiveOnce() Option { return Option{"active", AtomOnce} }

// ActiveN adds n, from -32768 to 32767, to the count of messages that the
// owner still gets; at zero the socket turns passive with a Passive message.
// At Listen and Connect the count starts with n, and n <= 0 is Active(false).
func ActiveN(n int) Option { return Option{"active", n} }

// Backlog lets n+1 connections wait for Accept; further ones are not answered
// until there is room. Listen only; the default is 5.
func Backlog(n int) Option { return Option{"backlog", n} }

// IP is the local address to bind. Its family must be that of Inet or Inet6 if
// one is given, and decides where none is.
func IP(addr netip.Addr) Option { return Option{"ip", addr} }

// IPAny binds all addresses of the family, the default.
func IPAny() Option { return Option{"ip", AtomAny} }

// IPLoopback binds the loopback address of the family.
func IPLoopback() Option { return Option{"ip", AtomLoopback} }

// IfAddr is IP by its other name; the later of both counts.
func IfAddr(addr netip.Addr) Option { return Option{"ifaddr", addr} }

// LocalPort is the local port, from 0 to 65535; 0 asks for a free one. It
// overrides the port argument of Listen.
func LocalPort(n int) Option { return Option{"port", n} }

// FD adopts descriptor n, a bound or listening socket for Listen and a
// connected one for Connect. -1 is as not given. Networks that have no
// descriptors refuse it.
func FD(n int) Option { return Option{"fd", n} }

// Inet asks for IPv4, the default. The first of Inet and Inet6 decides.
func Inet() Option { return Option{Name: "inet"} }

// Inet6 asks for IPv6.
func Inet6() Option { return Option{Name: "inet6"} }

// V6Only keeps IPv4 out of an IPv6 wildcard listener.
func V6Only(on bool) Option { return Option{"ipv6_v6only", on} }

// TCPModule names the network that carries the socket, one of those given to
// NewNode: "kernel", "netstack", "tun", "sim".
func TCPModule(name string) Option { return Option{"tcp_module", Atom(name)} }

// OnNetwork is TCPModule with the network itself.
func OnNetwork(n Network) Option { return Option{"tcp_module", n} }

// Packet selects the framing. Packet(4) is PacketType 4.
func Packet(t PacketType) Option { return Option{"packet", t} }

// PacketSize limits a packet's body to n bytes; a longer one is answered with
// syscall.EMSGSIZE and the connection is closed. 0 means the limit of the
// packet type and never more than 64 MiB.
func PacketSize(n int) Option { return Option{"packet_size", n} }

// LineDelimiter ends a line of PacketLine; the default is '\n'. It cannot be
// read back.
func LineDelimiter(b byte) Option { return Option{"line_delimiter", int(b)} }

// Header delivers the first n bytes of each packet apart in ModeBinary; see
// Payload.Header.
func Header(n int) Option { return Option{"header", n} }

// NoDelay sends small segments at once.
func NoDelay(on bool) Option { return Option{"nodelay", on} }

// KeepAlive probes an idle peer.
func KeepAlive(on bool) Option { return Option{"keepalive", on} }

// Linger decides what Close does about queued data; see LingerValue.
func Linger(on bool, seconds int) Option { return Option{"linger", LingerValue{on, seconds}} }

// ReuseAddr lets a listener bind a port on which connections of an earlier
// listener, which had it too, still live.
func ReuseAddr(on bool) Option { return Option{"reuseaddr", on} }

// SendTimeout bounds how long Send waits for room; Infinity is the default
// and 0 does not wait.
func SendTimeout(d time.Duration) Option { return Option{"send_timeout", d} }

// SendTimeoutClose closes the connection when Send times out.
func SendTimeoutClose(on bool) Option { return Option{"send_timeout_close", on} }

// ExitOnClose (default true) ends both directions when the peer's end is
// reported; false leaves the sending side usable.
func ExitOnClose(on bool) Option { return Option{"exit_on_close", on} }

// ShowEConnReset reports a reset as syscall.ECONNRESET instead of ErrClosed.
func ShowEConnReset(on bool) Option { return Option{"show_econnreset", on} }

// DelaySend is accepted and kept; sends are gathered by the network anyway.
func DelaySend(on bool) Option { return Option{"delay_send", on} }

// HighWatermark is the queue length in bytes at which Send blocks (default
// 8192). It pulls a higher low watermark down.
func HighWatermark(n int) Option { return Option{"high_watermark", n} }

// LowWatermark is the queue length in bytes at which a blocked Send goes on
// (default 4096). It pulls a lower high watermark up.
func LowWatermark(n int) Option { return Option{"low_watermark", n} }

// Buffer is how many bytes one read asks for: the most that a raw
// Receive(s, 0, t) returns, and the longest piece of a line (default 1460).
// RecBuf raises it.
func Buffer(n int) Option { return Option{"buffer", n} }

// RecBuf is the size of the network's receive buffer in bytes.
func RecBuf(n int) Option { return Option{"recbuf", n} }

// SndBuf is the size of the network's send buffer in bytes.
func SndBuf(n int) Option { return Option{"sndbuf", n} }

// TOS is the IPv4 type of service, 0 to 255.
func TOS(n int) Option { return Option{"tos", n} }

// TTL is the IPv4 time to live (IPv6 hop limit), 1 to 255.
func TTL(n int) Option { return Option{"ttl", n} }

// TClass is the IPv6 traffic class, 0 to 255; IPv4 sockets refuse it.
func TClass(n int) Option { return Option{"tclass", n} }

// Priority is the queueing priority, 0 to 6; a network may have none.
func Priority(n int) Option { return Option{"priority", n} }

// BindToDevice ties the socket to the interface of that name.
func BindToDevice(name string) Option { return Option{"bind_to_device", name} }
