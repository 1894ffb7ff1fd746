package netstack

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// fallbackDelayDefault is package net's. RFC 8305, section 5, recommends 250 ms
// and allows 10 ms to 2 s.
const fallbackDelayDefault = 300 * time.Millisecond

// attempt tries addresses one after the other.
type attempt func(ctx context.Context, remotes []netip.AddrPort) (net.Conn, error)

// dialRace is a dial to a name that has addresses of both families (RFC 8305,
// in package net's form): the family of the name's first address has a head
// start, then the other is tried beside it, and the first connection wins. A
// family that leads nowhere costs the head start, not the whole time.
//
// The caller's goroutine starts the attempts, one for each family, and waits
// until both have ended, so that neither a goroutine nor a socket is left when
// the dial returns. It does not wait long: whoever wins, or the end of the
// caller's context, ends the other attempt.
type dialRace struct {
	stack  *Stack
	try    attempt
	ctx    context.Context
	cancel context.CancelFunc
	gate   gate // where the caller waits

	mu      sync.Mutex
	second  []netip.AddrPort // nil once they are being tried
	over    bool             // the head start is over
	running int              // attempts
	conn    net.Conn         // the winner's
	err     error            // the first family's: the one that is reported
}

// race dials first and second, which are of different families.
func (s *Stack) race(ctx context.Context, first, second []netip.AddrPort, try attempt) (net.Conn, error) {
	r := &dialRace{stack: s, try: try, second: second, running: 1}
	r.gate.stack = s
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	s.start(func() { r.runFirst(first) })
	stop := s.clock.AfterFunc(orDefault(s.cfg.FallbackDelay, fallbackDelayDefault), r.endHeadStart)
	defer stop()
	// The attempts see to the end of ctx themselves.
	if err := r.gate.do(context.Background(), r.step); err != nil {
		return nil, err
	}
	if r.conn != nil {
		return r.conn, nil
	}
	return nil, r.err
}

// byFamily splits off the addresses that are not of the first one's family.
func byFamily(remotes []netip.AddrPort) (first, second []netip.AddrPort) {
	for _, a := range remotes {
		if a.Addr().Is4() == remotes[0].Addr().Is4() {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	return first, second
}

// step starts the second attempt when it is due, and is done when all have
// ended.
func (r *dialRace) step() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over && r.second != nil && r.conn == nil && r.ctx.Err() == nil {
		second := r.second
		r.second = nil
		r.running++
		r.stack.start(func() { r.runSecond(second) })
	}
	if r.running > 0 {
		return errAgain
	}
	return nil
}

// endHeadStart is called by a timer.
func (r *dialRace) endHeadStart() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.gate.signal()
}

func (r *dialRace) runFirst(remotes []netip.AddrPort) {
	conn, err := r.try(r.ctx, remotes)
	r.mu.Lock()
	r.err = err
	r.over = true
	r.mu.Unlock()
	r.ended(conn)
}

// runSecond enters the stack like a call of its own, because it begins at a
// moment of its own.
func (r *dialRace) runSecond(remotes []netip.AddrPort) {
	var conn net.Conn
	err := r.stack.enter(r.ctx, OpDial)
	if err == nil {
		conn, _ = r.try(r.ctx, remotes)
	}
	r.ended(conn)
}

// ended notes the end of an attempt, with its connection if it has one. A
// second connection has come too late.
func (r *dialRace) ended(conn net.Conn) {
	r.mu.Lock()
	if r.conn == nil {
		r.conn, conn = conn, nil
	}
	won := r.conn != nil
	r.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
	if won {
		r.cancel()
	}
	r.mu.Lock()
	r.running--
	r.mu.Unlock()
	r.gate.signal()
}
