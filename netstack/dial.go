package netstack

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// DialOptions are the settings of one dial.
type DialOptions struct {
	// Local is the address and port to bind first. Zero parts choose.
	Local netip.AddrPort

	// ReuseAddr is SO_REUSEADDR for the bind to Local.
	ReuseAddr bool

	// Control, if not nil, is called before the socket is bound and
	// connected; its error fails the dial. It may set options of c.
	Control func(c *Conn) error
}

// DialContext connects to address; the connection is a *Conn or, for UDP, a
// *PacketConn. network is "tcp", "tcp4", "tcp6", "udp", "udp4" or "udp6" and
// address has package net's meaning: an empty or unspecified host is the
// loopback. A name's addresses are tried in the resolver's order; when ctx
// has a deadline each gets its share of the time. For TCP, if they are of both
// families, those of the second one are tried beside the first after
// Config.FallbackDelay. When ctx ends nothing is left open. Errors are
// *net.OpError.
func (s *Stack) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := s.enter(ctx, OpDial); err != nil {
		return nil, err
	}
	protocol, f, err := parseNetwork(network)
	if err != nil {
		return nil, opError(opDial, network, nil, nil, err)
	}
	remotes, err := s.resolve(ctx, protocol, f, address)
	if err != nil {
		return nil, opError(opDial, network, nil, nil, err)
	}
	try := func(ctx context.Context, remotes []netip.AddrPort) (net.Conn, error) {
		return s.dialSerial(ctx, network, protocol, f, remotes)
	}
	first, second := byFamily(remotes)
	if protocol == "tcp" && len(second) > 0 && s.cfg.FallbackDelay >= 0 {
		return s.race(ctx, first, second, try)
	}
	return try(ctx, remotes)
}

// dialSerial tries the addresses one after the other. The first error is the
// one reported, as in package net.
func (s *Stack) dialSerial(ctx context.Context, network, protocol string, f family, remotes []netip.AddrPort) (net.Conn, error) {
	var first error
	for i, remote := range remotes {
		if err := contextError(ctx); err != nil {
			return nil, opError(opDial, network, nil, addrFor(protocol, remote), err)
		}
		share, cancel := s.share(ctx, len(remotes)-i)
		c, err := s.dialOne(share, network, protocol, toLocal(remote, f))
		cancel()
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = opError(opDial, network, nil, addrFor(protocol, remote), err)
		}
	}
	return nil, first
}

// dialOne returns bare errors, and never a nil pointer in a net.Conn.
func (s *Stack) dialOne(ctx context.Context, network, protocol string, remote netip.AddrPort) (net.Conn, error) {
	if protocol == "udp" {
		p, err := s.dialUDP(network, remote, PacketOptions{})
		if err != nil {
			return nil, err
		}
		return p, nil
	}
	c, err := s.dialTCP(ctx, network, remote, DialOptions{})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// share is the part of ctx's time that one of several attempts may take: an
// equal one, but at least two seconds while there is as much. The time runs
// on the stack's clock.
func (s *Stack) share(ctx context.Context, attempts int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || attempts <= 1 {
		return ctx, func() {}
	}
	left := deadline.Sub(s.clock.Now())
	if left <= 0 {
		return ctx, func() {} // it ends by itself, now or on another clock
	}
	part := max(left/time.Duration(attempts), min(left, shareMin))
	share, cancel := context.WithCancelCause(ctx)
	stop := s.clock.AfterFunc(part, func() { cancel(context.DeadlineExceeded) })
	return share, func() {
		stop()
		cancel(nil)
	}
}

// shareMin is package net's "saneMinimum" for one attempt.
const shareMin = 2 * time.Second

// toLocal makes the loopback of an empty or unspecified host.
func toLocal(a netip.AddrPort, f family) netip.AddrPort {
	if a.Addr().IsValid() && !a.Addr().IsUnspecified() {
		return a
	}
	if f == family6 {
		return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
	}
	return netip.AddrPortFrom(loopback4, a.Port())
}

// DialTCP connects to remote and blocks until the connection is established,
// refused or given up, or ctx ends; then nothing is left open.
func (s *Stack) DialTCP(ctx context.Context, remote netip.AddrPort, opts DialOptions) (*Conn, error) {
	if err := s.enter(ctx, OpDial); err != nil {
		return nil, err
	}
	c, err := s.dialTCP(ctx, "tcp", toLocal(remote, familyAny), opts)
	if err != nil {
		return nil, opError(opDial, "tcp", tcpAddr(opts.Local), tcpAddr(remote), err)
	}
	return c, nil
}

// dialTCP returns bare errors.
func (s *Stack) dialTCP(ctx context.Context, network string, remote netip.AddrPort, opts DialOptions) (*Conn, error) {
	if err := checkDial(remote, opts.Local); err != nil {
		return nil, err
	}
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	if s.isGroup(remote.Addr().Unmap()) {
		return nil, sysError(callConnect, syscall.ENETUNREACH) // what the kernel answers; gVisor would try
	}
	c := new(Conn)
	if err := s.newTCP(&c.h, c, network, remote.Addr()); err != nil {
		return nil, err
	}
	if err := c.connect(ctx, remote, opts); err != nil {
		err = c.h.in.blame(err)
		c.h.close(net.ErrClosed, true)
		return nil, err
	}
	c.local, c.remote = c.h.addrs(netip.Addr{})
	return c, nil
}

// isGroup reports whether a names many hosts, to which TCP has no connection.
func (s *Stack) isGroup(a netip.Addr) bool {
	if a.IsMulticast() || a == broadcast4 {
		return true
	}
	for _, n := range s.nics {
		for _, p := range n.addresses {
			if b, ok := broadcastOf(p); ok && a == b {
				return true
			}
		}
	}
	return false
}

// checkDial refuses what the stack cannot express.
func checkDial(remote, local netip.AddrPort) error {
	if err := checkZone(remote.Addr()); err != nil {
		return err
	}
	if !local.Addr().IsValid() {
		return nil
	}
	if err := checkZone(local.Addr()); err != nil {
		return err
	}
	if local.Addr().Unmap().Is4() != remote.Addr().Unmap().Is4() {
		return &net.AddrError{Err: "mismatched local address type: Local must be of the remote's family", Addr: local.Addr().String()}
	}
	return nil
}

// connect sets the options, binds, starts the handshake and waits for it.
func (c *Conn) connect(ctx context.Context, remote netip.AddrPort, opts DialOptions) error {
	ep := c.h.ep
	c.h.stack.setTCPDefaults(ep)
	ep.SocketOptions().SetReuseAddress(opts.ReuseAddr)
	if opts.Control != nil {
		if err := opts.Control(c); err != nil {
			return err
		}
	}
	if opts.Local.Addr().IsValid() || opts.Local.Port() != 0 {
		if terr := ep.Bind(fullAddress(opts.Local)); terr != nil {
			c.h.stack.ports.tcp.failed(terr)
			return sysError(callBind, bindErrno(terr))
		}
	}
	switch terr := ep.Connect(fullAddress(remote)); terr.(type) {
	case nil, *tcpip.ErrConnectStarted:
	default:
		c.h.stack.ports.tcp.failedConnect(terr)
		return sysError(callConnect, connectErrno(terr))
	}
	return sysError(callConnect, c.awaitConnected(ctx))
}

// synTimeout is how long the first SYN of a dial waits for its answer (RFC
// 6298, section 2.1); each repetition waits twice as long as the one before.
const synTimeout = time.Second

// synRetriesMax is how often gVisor repeats a SYN, whatever it is told: the
// next repetition would wait for more than its largest timeout, 120 s.
const synRetriesMax = 6

// synSpare is how much earlier than the next repetition is due a dial stops
// trying, so that it is not sent. An answer in that time would come too late.
const synSpare = 10 * time.Millisecond

// awaitConnected waits for the end of the handshake. gVisor ignores
// TCPConfig.SYNRetries, so the limit is kept here.
func (c *Conn) awaitConnected(ctx context.Context) error {
	s := c.h.stack
	limit := s.clock.Now().Add(synTimeout<<(s.cfg.TCP.SYNRetries+1) - synTimeout)
	last := limit
	if s.cfg.TCP.SYNRetries < synRetriesMax {
		last = limit.Add(-synSpare)
	}
	if err := c.h.out.setDeadline(last); err != nil {
		return err
	}
	err := c.h.out.do(ctx, c.tryConnected)
	if err == os.ErrDeadlineExceeded {
		err = c.giveUp(ctx, limit)
	} else {
		c.h.out.setDeadline(time.Time{})
	}
	c.h.out.forget() // the connection may be idle for ever
	switch err {
	case nil:
		startKeepAlive(c.h.ep)
	case syscall.ETIMEDOUT:
		s.dialTimeouts.Add(1)
	case syscall.ECONNREFUSED:
		s.dialsRefused.Add(1)
	}
	return err
}

// giveUp ends the handshake at once, so that nothing more is sent, and says so
// at the limit.
func (c *Conn) giveUp(ctx context.Context, limit time.Time) error {
	c.h.ep.Abort()
	if err := c.h.out.setDeadline(limit); err != nil {
		return err
	}
	err := c.h.out.do(ctx, func() error { return errAgain })
	if err == os.ErrDeadlineExceeded {
		return syscall.ETIMEDOUT
	}
	return err
}

// tryConnected asks whether the handshake has ended, and how.
func (c *Conn) tryConnected() error {
	switch c.state() {
	case StateSynSent, StateSynReceived:
		return errAgain
	case StateClosed:
		if terr := c.h.ep.LastError(); terr != nil {
			return errnoOf(terr)
		}
		return syscall.ECONNABORTED
	}
	return nil
}
