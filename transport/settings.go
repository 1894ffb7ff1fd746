package transport

import (
	"net/netip"
	"slices"
	"time"

	"github.com/seed-731cb71d/warren/transport/internal/framing"
)

// settings are the options of one socket that live in this package, and what
// was asked of its network. It is a value: a connection starts with the copy
// of its listener's that inherited makes. The socket's lock guards it.
type settings struct {
	inet6 bool // family of the socket; never changes

	mode       Mode
	packet     PacketType
	packetSize int // bytes, 0: framing.DefaultMax
	header     int // bytes
	delimiter  byte
	buffer     int // bytes per read

	active activeState

	sendTimeout      time.Duration // Infinity: none
	sendTimeoutClose bool
	highWatermark    int // bytes
	lowWatermark     int // bytes
	delaySend        bool

	exitOnClose    bool
	showEConnReset bool
	linger         LingerValue

	// sock holds each network option given, in the order first given, at
	// most one entry an option. It is replaced, never changed in place.
	sock   []SockOptValue
	device string // bind_to_device; "" is none

	kept keptOptions
}

// keptOptions are validated, read back, and without effect.
type keptOptions struct {
	highMsgq, lowMsgq int
	debug, noPush     bool
}

// defaultSettings are gen_tcp's defaults for listen and connect.
func defaultSettings() settings {
	return settings{
		mode:          ModeList,
		packet:        PacketRaw,
		delimiter:     '\n',
		buffer:        1460,
		active:        activeState{mode: activeTrue},
		sendTimeout:   Infinity,
		highWatermark: 8192,
		lowWatermark:  4096,
		exitOnClose:   true,
		kept:          keptOptions{highMsgq: 8192, lowMsgq: 4096},
	}
}

// framing returns how received bytes are cut.
func (s *settings) framing() framing.Config {
	return framing.Config{
		Type:      framing.Type(s.packet),
		Max:       s.packetSize,
		LineMax:   s.buffer,
		Delimiter: s.delimiter,
	}
}

// inherited returns the settings of a connection that is handed out now by a
// listener with the settings s. The network options in sock are to be set on
// it, with applySock.
func (s *settings) inherited() settings {
	return *s
}

// putSock notes a network option and its value.
func (s *settings) putSock(opt SockOpt, value int) {
	next := slices.Clone(s.sock)
	i := slices.IndexFunc(next, func(v SockOptValue) bool { return v.Opt == opt })
	if i < 0 {
		s.sock = append(next, SockOptValue{opt, value})
		return
	}
	next[i].Value = value
	s.sock = next
}

// sockValue returns the value noted for opt, or 0.
func (s *settings) sockValue(opt SockOpt) int {
	for _, v := range s.sock {
		if v.Opt == opt {
			return v.Value
		}
	}
	return 0
}

// openSettings are the options of Listen or Connect.
type openSettings struct {
	settings

	addr      netip.Addr // local; invalid: all addresses of the family
	port      int        // local
	backlog   int
	reuseAddr bool
	v6Only    bool
	fd        int // -1: none

	// network carries the socket if it is not nil; else the one that the
	// node knows as networkName does; else the node's own.
	network     Network
	networkName string

	familyGiven bool // inet or inet6 was an option
	loopback    bool // ip was AtomLoopback
}

// parseListen checks the arguments of Listen. Every error is an *OptionError
// around ErrBadArg.
func parseListen(port int, opts []Option) (openSettings, error) {
	return parseOpen(placeListen, port, opts)
}

// parseConnect checks the options of Connect, whose remote address tells the
// family unless inet or inet6 does.
func parseConnect(remote netip.AddrPort, opts []Option) (openSettings, error) {
	o := openSettings{}
	r := Option{"remote", remote.Addr()}
	if !remote.IsValid() || remote.Port() == 0 {
		return o, optionError(placeConnect, r, "connect to an address and a port from 1 to 65535")
	}
	o, err := parseOpen(placeConnect, 0, opts)
	if err != nil {
		return o, err
	}
	v6 := !remote.Addr().Unmap().Is4()
	if (o.familyGiven || o.addr.IsValid()) && o.inet6 != v6 && !remote.Addr().Is4In6() {
		return o, optionError(placeConnect, r, "give a remote address of the family of inet, inet6 or ip")
	}
	o.inet6 = v6 || (o.inet6 && remote.Addr().Is4In6())
	return o, nil
}

// listenSpec is what the network has to know. Options that a network may
// lack without harm are left for applySock.
func (o *openSettings) listenSpec() ListenSpec {
	return ListenSpec{
		Local:     o.local(),
		Inet6:     o.inet6,
		V6Only:    o.v6Only,
		Backlog:   o.backlog,
		ReuseAddr: o.reuseAddr,
		Options:   o.strictSock(),
		FD:        o.fd,
		HasFD:     o.fd >= 0,
	}
}

// dialSpec is what the network has to know to connect to remote.
func (o *openSettings) dialSpec(remote netip.AddrPort) DialSpec {
	return DialSpec{
		Remote:    remote,
		Local:     o.local(),
		ReuseAddr: o.reuseAddr,
		Options:   o.strictSock(),
		FD:        o.fd,
		HasFD:     o.fd >= 0,
	}
}

// local is the address to bind; its address may be the zero value.
func (o *openSettings) local() netip.AddrPort {
	return netip.AddrPortFrom(o.addr, uint16(o.port))
}

// strictSock are the network options that must not be ignored.
func (o *openSettings) strictSock() []SockOptValue {
	return slices.DeleteFunc(slices.Clone(o.sock), func(v SockOptValue) bool { return harmless(v.Opt) })
}
