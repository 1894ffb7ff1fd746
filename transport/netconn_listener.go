package transport

import (
	"errors"
	"net"

	"syscall"
)

// netListener is a listener as package net knows it; see TCP.AsListener.
type netListener struct {
	tcp  *TCP
	sock *Socket
	addr *net.TCPAddr
}

var _ net.Listener = (*netListener)(nil)

// AsListener returns the listener s as a net.Listener, for http.Server and its
// kind. Accept is TCP.Accept without a timeout and then AsConn: the owner of t
// owns the connections, whose other options are the listener's, except that
// they are passive from the start. Errors are *net.OpError values. It has no
// deadline and no File. s can be used as before.
//
// syscall.ENOTCONN for a connection, ErrClosed for a closed listener.
func (t *TCP) AsListener(s *Socket) (net.Listener, error) {
	addr, err := t.SockName(s)
	if err != nil {
		return nil, adapterError(err)
	}
	if !s.IsListener() {
		return nil, syscall.ENOTCONN
	}
	if err := t.SetOpts(s, Active(false)); err != nil {
		return nil, adapterError(err)
	}
	return &netListener{tcp: t, sock: s, addr: net.TCPAddrFromAddrPort(addr)}, nil
}

// Accept implements net.Listener. A connection whose peer has reset it before
// is passed over.
func (l *netListener) Accept() (net.Conn, error) {
	for {
		s, err := l.tcp.Accept(l.sock, Infinity)
		if err != nil {
			return nil, l.opError("accept", err)
		}
		c, err := l.tcp.AsConn(s)
		if err == nil {
			return c, nil
		}
		_ = l.tcp.Close(s)
	}
}

// Close implements net.Listener; it closes the socket as TCP.Close does.
func (l *netListener) Close() error {
	if l.sock.Owner() == nil {
		return l.opError("close", ErrClosed)
	}
	return l.tcp.Close(l.sock)
}

// Addr implements net.Listener; it stays known after Close.
func (l *netListener) Addr() net.Addr { return l.addr }

func (l *netListener) opError(op string, err error) error {
	if errors.Is(err, net.ErrClosed) {
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: l.addr, Err: err}
}
