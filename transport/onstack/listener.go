package onstack

import (
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// listener is a listening socket. The stack's listeners have no options, so
// the values are kept here, to be read back.
type listener struct {
	stack *netstack.Listener
	inet6 bool

	mu      sync.Mutex
	closed  bool
	options map[transport.SockOpt]int
}

var _ transport.NetListener = (*listener)(nil)

// newListener returns a listener that has its options but no socket yet.
func newListener(inet6 bool, spec transport.ListenSpec) (*listener, error) {
	l := &listener{inet6: inet6, options: map[transport.SockOpt]int{
		transport.SockNoDelay:      0,
		transport.SockKeepAlive:    0,
		transport.SockTTL:          ttlDefault,
		transport.SockTOS:          0,
		transport.SockTrafficClass: 0,
		transport.SockReuseAddr:    flag(spec.ReuseAddr),
		transport.SockV6Only:       flag(spec.V6Only),
	}}
	for _, o := range spec.Options {
		if err := l.SetOption(o.Opt, o.Value); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// TryAccept takes the oldest connection; see transport.NetListener.
func (l *listener) TryAccept() (transport.NetConn, error) {
	s, err := l.stack.TryAccept()
	if err != nil {
		return nil, mapError(err)
	}
	// A socket of gen_tcp starts with Nagle's algorithm on, one of package
	// net, which the stack's are like, with it off.
	_ = s.SetNoDelay(false) // fails only once the connection is gone
	return &conn{stack: s, inet6: l.inet6}, nil
}

// Notify registers f; see transport.NetSocket.
func (l *listener) Notify(f func()) { l.stack.Notify(f) }

// Local is the bound address.
func (l *listener) Local() (netip.AddrPort, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return netip.AddrPort{}, net.ErrClosed
	}
	return l.stack.AddrPort(), nil
}

// SetOption checks and remembers a value.
func (l *listener) SetOption(opt transport.SockOpt, value int) error {
	value, err := checkOption(opt, value, l.inet6)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.options[opt] = value
	return nil
}

// Option returns what is remembered. A buffer size that was never set is
// not known before there is a connection.
func (l *listener) Option(opt transport.SockOpt) (int, error) {
	if !applies(opt, l.inet6) {
		return 0, errors.ErrUnsupported
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	value, ok := l.options[opt]
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return value, nil
}

// Close stops listening; idempotent.
func (l *listener) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	_ = l.stack.Close() // fails only when closed before
	return nil
}
