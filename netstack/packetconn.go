package netstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// PacketConn is a UDP socket, connected (by a dial) or not (by ListenPacket).
// It behaves as *net.UDPConn does on Linux, errors included: a connected
// socket learns of a closed remote port by ECONNREFUSED, a datagram that is
// too long is EMSGSIZE, one longer than the buffer of the Read is cut.
//
// All methods may be called concurrently; calls in one direction are served
// in the order of their arrival. Slices are borrowed for the call. The
// receive buffer is bounded; datagrams beyond it are dropped and counted.
type PacketConn struct {
	h             handle
	local, remote netip.AddrPort // immutable once the caller has the PacketConn; remote is zero unless connected
	dialled       bool           // set before the stack knows the PacketConn
}

var (
	_ net.Conn       = (*PacketConn)(nil)
	_ net.PacketConn = (*PacketConn)(nil)
	_ socket         = (*PacketConn)(nil)
)

// Read reads one datagram; what does not fit into b is lost.
func (p *PacketConn) Read(b []byte) (int, error) {
	n, _, err := p.read(callRead, b)
	return n, err
}

// ReadFrom is Read that also returns the sender, a *net.UDPAddr.
func (p *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := p.read(callRecv, b)
	return n, udpAddr(from), err
}

// ReadFromUDPAddrPort is ReadFrom with a netip address. It does not allocate.
// An IPv4 sender is an IPv4 address, also on a socket of both families.
func (p *PacketConn) ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error) {
	return p.read(callRecv, b)
}

func (p *PacketConn) read(call string, b []byte) (n int, from netip.AddrPort, err error) {
	if err := p.h.enter(context.Background(), OpRead); err != nil {
		return 0, from, err
	}
	err = p.h.in.do(context.Background(), func() (err error) {
		n, from, err = p.tryRead(b)
		return err
	})
	return n, from, p.opError(opRead, call, udpAddr(p.remote), err)
}

func (p *PacketConn) tryRead(b []byte) (int, netip.AddrPort, error) {
	dst := readTargets.Get().(*tcpip.SliceWriter)
	*dst = b
	res, terr := p.h.ep.Read(dst, tcpip.ReadOptions{NeedRemoteAddr: true})
	*dst = nil
	readTargets.Put(dst)
	switch terr.(type) {
	case nil, *tcpip.ErrBadBuffer: // no room for even a byte: a datagram cut to nothing
		return res.Count, addrPort(res.RemoteAddr, netip.Addr{}), nil
	}
	return 0, netip.AddrPort{}, tryError(terr)
}

// Write sends b as one datagram to the peer of a connected socket; without
// one it answers EDESTADDRREQ.
func (p *PacketConn) Write(b []byte) (int, error) {
	return p.write(callWrite, b, netip.AddrPort{})
}

// WriteTo sends b as one datagram to addr, a *net.UDPAddr.
func (p *PacketConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	to, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, opError(opWrite, p.h.network, p.LocalAddr(), addr, syscall.EINVAL)
	}
	if to == nil {
		return 0, p.opError(opWrite, callSend, nil, errMissingAddress)
	}
	if to.Port < 0 || to.Port > 65535 {
		return 0, p.opError(opWrite, callSend, addr, fmt.Errorf("port %d: %w: give 1 to 65535", to.Port, syscall.EINVAL))
	}
	if to.Zone != "" {
		return 0, p.opError(opWrite, callSend, addr, checkZone(to.AddrPort().Addr()))
	}
	return p.WriteToUDPAddrPort(b, to.AddrPort())
}

var errMissingAddress = errors.New("missing address")

// WriteToUDPAddrPort sends b as one datagram to the given address. On a
// connected socket it fails with net.ErrWriteToConnected.
func (p *PacketConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	var err error
	switch {
	case p.remote.IsValid():
		err = net.ErrWriteToConnected
	case !to.IsValid():
		err = errMissingAddress
	default:
		err = checkZone(to.Addr())
	}
	if err != nil {
		return 0, p.opError(opWrite, callSend, udpAddr(to), err)
	}
	return p.write(callSend, b, toLocal(to, familyAny))
}

func (p *PacketConn) write(call string, b []byte, to netip.AddrPort) (n int, err error) {
	if err := p.h.enter(context.Background(), OpWrite); err != nil {
		return 0, err
	}
	shown := udpAddr(p.remote)
	if to.IsValid() {
		shown = udpAddr(to)
	}
	err = p.h.out.do(context.Background(), func() (err error) {
		n, err = p.tryWrite(b, to)
		return err
	})
	return n, p.opError(opWrite, call, shown, err)
}

func (p *PacketConn) tryWrite(b []byte, to netip.AddrPort) (int, error) {
	src := writeSources.Get().(*bytes.Reader)
	src.Reset(b)
	defer func() {
		src.Reset(nil)
		writeSources.Put(src)
	}()
	var opts tcpip.WriteOptions
	if to.IsValid() {
		f := fullAddress(to)
		opts.To = &f
	}
	n, terr := p.h.ep.Write(src, opts)
	if terr != nil {
		if errno := connectErrno(terr); errno != syscall.EAGAIN {
			return 0, errno
		}
		return 0, errAgain
	}
	return int(n), nil
}

// Notify is Conn.Notify for a UDP socket.
func (p *PacketConn) Notify(f func()) { p.h.setNotify(f) }

// Close gives the socket back; datagrams that nobody has read are lost.
// Blocked calls return net.ErrClosed; so does a second Close.
func (p *PacketConn) Close() error {
	if err := p.h.enter(context.Background(), OpClose); err != nil {
		return err
	}
	if !p.h.close(net.ErrClosed, false) {
		return p.opError(opClose, "", udpAddr(p.remote), p.h.closed())
	}
	return nil
}

// SetDeadline sets the deadlines of reading and writing, on the stack's
// clock; the zero time means none. A change wakes calls that wait.
func (p *PacketConn) SetDeadline(t time.Time) error {
	return p.setDeadlines(t, &p.h.in, &p.h.out)
}

// SetReadDeadline is SetDeadline for reading alone.
func (p *PacketConn) SetReadDeadline(t time.Time) error {
	return p.setDeadlines(t, &p.h.in)
}

// SetWriteDeadline is SetDeadline for writing alone.
func (p *PacketConn) SetWriteDeadline(t time.Time) error {
	return p.setDeadlines(t, &p.h.out)
}

func (p *PacketConn) setDeadlines(t time.Time, gates ...*gate) error {
	return opError(opSet, p.h.network, nil, p.LocalAddr(), p.h.setDeadlines(t, gates...))
}

// SetReadBuffer sets the bytes of datagrams that may wait to be read. Sizes
// outside the stack's limits are clamped.
func (p *PacketConn) SetReadBuffer(bytes int) error {
	return p.setBuffer(bytes, p.h.ep.SocketOptions().SetReceiveBufferSize)
}

// SetWriteBuffer sets the bytes of datagrams that may wait to be sent. Sizes
// outside the stack's limits are clamped.
func (p *PacketConn) SetWriteBuffer(bytes int) error {
	return p.setBuffer(bytes, p.h.ep.SocketOptions().SetSendBufferSize)
}

func (p *PacketConn) setBuffer(bytes int, set func(size int64, notify bool)) error {
	err := p.h.control(func() error {
		if bytes < 0 {
			return sysError(callSetsockopt, syscall.EINVAL)
		}
		set(int64(bytes), true)
		return nil
	})
	return opError(opSet, p.h.network, nil, p.LocalAddr(), err)
}

// LocalAddr is the local address, a *net.UDPAddr, also after Close.
func (p *PacketConn) LocalAddr() net.Addr { return udpAddr(p.local) }

// RemoteAddr is the peer's address, a *net.UDPAddr, or nil unless connected.
func (p *PacketConn) RemoteAddr() net.Addr { return udpAddr(p.remote) }

// LocalAddrPort is LocalAddr as a netip value.
func (p *PacketConn) LocalAddrPort() netip.AddrPort { return p.local }

// RemoteAddrPort is RemoteAddr as a netip value, zero unless connected.
func (p *PacketConn) RemoteAddrPort() netip.AddrPort { return p.remote }

// opError wraps err as *net.UDPConn does; a datagram socket has no EOF.
func (p *PacketConn) opError(op, call string, addr net.Addr, err error) error {
	return opError(op, p.h.network, p.LocalAddr(), addr, sysError(call, err))
}

// endStack implements socket.
func (p *PacketConn) endStack(err error) { p.h.close(err, true) }

// isListener implements socket: a packet socket has no connections to drain.
// The stack asks while the dial is still under way.
func (p *PacketConn) isListener() bool { return !p.dialled }
