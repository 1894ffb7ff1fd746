package netstack

import "sync/atomic"

// socketsMaxDefault is Config.SocketsMax where that is 0.
const socketsMaxDefault = 65536

// socketLimit counts the sockets in the application's hands: listeners,
// dials in progress, connections handed out, packet sockets. What the stack
// keeps for itself (half-open, queued, TIME-WAIT) is not counted.
type socketLimit struct {
	open    atomic.Int64
	refused atomic.Uint64 // calls that met the limit
}

// acquireSocket counts one more socket, or answers ErrSystemLimit.
func (s *Stack) acquireSocket() error {
	n := s.limit.open.Add(1)
	if most := s.socketsMax(); most >= 0 && n > int64(most) {
		s.limit.open.Add(-1)
		s.limit.refused.Add(1)
		return ErrSystemLimit
	}
	return nil
}

// releaseSocket counts one socket less.
func (s *Stack) releaseSocket() {
	if s.limit.open.Add(-1) < 0 {
		panic("netstack: more sockets released than acquired")
	}
}

func (s *Stack) socketsMax() int {
	if s.cfg.SocketsMax == 0 {
		return socketsMaxDefault
	}
	return s.cfg.SocketsMax
}
