package transport

import (
	"net/netip"
	"syscall"
)

// Port returns the local port. syscall.EINVAL when s is closed, syscall.EBADF
// when its connection has ended.
func (t *TCP) Port(s *Socket) (int, error) {
	addr, err := t.SockName(s)
	return int(addr.Port()), err
}

// SockName returns the local address; for a connection of a wildcard listener
// the concrete one. Errors are those of Port.
func (t *TCP) SockName(s *Socket) (netip.AddrPort, error) {
	if s == nil {
		return netip.AddrPort{}, errNoSocket()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		return netip.AddrPort{}, syscall.EINVAL
	}
	sock := s.sockLocked()
	if sock == nil {
		return netip.AddrPort{}, syscall.EBADF
	}
	return sock.Local()
}

// PeerName returns the remote address. syscall.EINVAL when s is closed,
// syscall.ENOTCONN for a listener and when the connection has ended.
func (t *TCP) PeerName(s *Socket) (netip.AddrPort, error) {
	if s == nil {
		return netip.AddrPort{}, errNoSocket()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateClosed:
		return netip.AddrPort{}, syscall.EINVAL
	case s.state == stateDead || s.conn == nil:
		return netip.AddrPort{}, syscall.ENOTCONN
	}
	return s.conn.Peer()
}

// SetOpts changes options; any owner may. All are checked before one is
// applied, then they are applied in order. syscall.EINVAL (in an
// *OptionError) for an option or value that is refused and when s is closed.
// An error of the network leaves what it had taken before.
func (t *TCP) SetOpts(s *Socket, opts ...Option) error {
	if s == nil {
		return errNoSocket()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		return syscall.EINVAL
	}
	next, change, err := parseSet(&s.set, opts)
	if err != nil {
		return err
	}
	if sock := s.sockLocked(); sock != nil {
		if change.device {
			if err := bindToDevice(sock, next.device); err != nil {
				return err
			}
		}
		if err := applySock(change.sock, sock.SetOption); err != nil {
			return err
		}
	}
	s.set = next
	for range change.passives {
		s.owner.push(Passive{Socket: s})
	}
	s.changedLocked(change)
	return nil
}

// changedLocked does what follows from new options.
func (s *Socket) changedLocked(c change) {
	if s.IsListener() {
		return
	}
	if c.active && s.reader != nil {
		s.reader.wake() // an active socket refuses it
	}
	if len(s.queue.senders) > 0 && s.queue.bytes <= s.set.lowWatermark {
		s.queue.serve(nil)
	}
	s.pumpLocked()
}

// GetOpts returns the values of the named options in the order asked, leaving
// out those that do not apply to s. syscall.EINVAL (in an *OptionError) for a
// name that cannot be read and when s is closed.
func (t *TCP) GetOpts(s *Socket, names ...string) ([]Option, error) {
	if s == nil {
		return nil, errNoSocket()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		return nil, syscall.EINVAL
	}
	var get func(SockOpt) (int, error)
	if sock := s.sockLocked(); sock != nil {
		get = sock.Option
	}
	return s.set.read(names, get)
}
