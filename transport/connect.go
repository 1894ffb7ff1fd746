package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// Connect opens a connection to remote, owned by the caller and with the
// options given, and waits up to timeout for it; it blocks its goroutine.
// ErrTimeout when it took longer, ErrClosed when the caller's owner ends,
// syscall.ECONNREFUSED and the like from the network; malformed arguments are
// refused with ErrBadArg. The option active is true unless given, as in
// gen_tcp.
func (t *TCP) Connect(remote netip.AddrPort, timeout time.Duration, opts ...Option) (*Socket, error) {
	if err := checkTimeout(timeout); err != nil {
		return nil, err
	}
	open, err := parseConnect(remote, opts)
	if err != nil {
		return nil, err
	}
	network, err := t.node.networkFor(&open)
	if err != nil {
		return nil, err
	}
	if err := t.node.reserve(); err != nil {
		return nil, err
	}
	conn, err := t.dial(network, open.dialSpec(remote), timeout)
	if err != nil {
		t.node.release()
		return nil, err
	}
	s := &Socket{node: t.node, kind: kindConnection, conn: conn, set: open.settings}
	return t.take(s, conn)
}

// dial waits in the network. The context ends with the timeout or the owner.
func (t *TCP) dial(network Network, spec DialSpec, timeout time.Duration) (NetConn, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w, err := t.owner.newWaiter(Infinity)
	if err != nil {
		return nil, err
	}
	defer w.done()
	w.interrupt(cancel, timeout)
	if err := w.over(); err != nil {
		return nil, err
	}
	conn, err := network.Dial(ctx, spec)
	switch over := w.over(); {
	case err == nil:
		return conn, nil
	case over != nil && ctx.Err() != nil:
		return nil, over
	case errors.Is(err, net.ErrClosed):
		return nil, ErrClosed
	}
	return nil, err
}
