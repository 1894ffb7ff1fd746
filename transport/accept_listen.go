package transport

import (
	"context"
	"fmt"
)

// Listen is Transport.Listen. Errors of arguments are *OptionError values
// that match ErrBadArg.
func (t *TCP) Listen(port int, opts ...Option) (*Socket, error) {
	open, err := parseListen(port, opts)
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
	listener, err := network.Listen(context.Background(), open.listenSpec())
	if err != nil {
		t.node.release()
		return nil, err
	}
	s := &Socket{node: t.node, kind: kindListener, listener: listener, set: open.settings}
	return t.take(s, listener)
}

// networkFor returns the network that the option tcp_module chooses.
func (n *Node) networkFor(open *openSettings) (Network, error) {
	switch {
	case open.network != nil:
		return open.network, nil
	case open.networkName == "":
		return n.network, nil
	}
	network, ok := n.networks[open.networkName]
	if !ok {
		return nil, fmt.Errorf("transport: option {tcp_module,%s} is refused: the node has no network of that name, add it to Config.Networks: %w", open.networkName, ErrBadArg)
	}
	return network, nil
}

// take makes s, which has a reservation, a socket of the caller, and applies
// the options that a network may lack. On an error s is closed.
func (t *TCP) take(s *Socket, sock NetSocket) (*Socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.node.adopt(s)
	err := applySock(s.set.sock, sock.SetOption)
	if err == nil {
		err = bindToDevice(sock, s.set.device)
	}
	if err == nil && !t.owner.own(s) {
		err = ErrClosed
	}
	if err != nil {
		s.state = stateClosed
		s.giveBackLocked()
		return nil, err
	}
	s.owner = t.owner
	if !s.IsListener() {
		s.pumpLocked()
	}
	return s, nil
}
