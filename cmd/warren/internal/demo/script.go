package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/transport"
)

// script plays scenes on a network and draws them. After the first error it
// does nothing more.
type script struct {
	ctx     context.Context
	start   time.Time
	network *network
	sockets *kernelSockets
	ladder  *ladder.Ladder
	packets int
	err     error

	client, acceptor, worker      *transport.Owner
	listener, accepted, connected *transport.Socket
}

// outcome is what a call has led to, "" for nothing worth a word.
type outcome string

// call makes a call that sends nothing, and draws it with its outcome in one
// row.
func (s *script) call(side ladder.Side, text, note string, f func() (outcome, error)) {
	result, ok := s.do(text, f)
	if ok {
		s.ladder.Call(s.now(), side, text+" → "+string(result), note)
		s.rest()
	}
}

// send makes a call that sends packets, and draws the call, the packets, and
// the outcome if there is one.
func (s *script) send(side ladder.Side, text, note string, f func() (outcome, error)) {
	if s.err != nil {
		return
	}
	s.ladder.Call(s.now(), side, text, note)
	result, ok := s.do(text, f)
	s.rest()
	if ok && result != "" {
		s.ladder.Call(s.now(), side, "→ "+string(result), "")
	}
}

// do makes a call unless the script has ended.
func (s *script) do(text string, f func() (outcome, error)) (outcome, bool) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return "", false
	}
	result, err := f()
	if err != nil {
		s.err = fmt.Errorf("demo: %s: %w", text, err)
	}
	return result, err == nil
}

// await waits for what a call has set going, and draws the packets of that: a
// goroutine that reads meanwhile also acknowledges, which rest cannot wait for.
func (s *script) await(what string, done func() bool) {
	if s.err == nil {
		s.err = awaitSlowly(what, func() bool { return s.ctx.Err() != nil || done() })
	}
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	s.rest()
}

// rest lets the network come to rest, draws the packets of that time, and
// looks for kernel sockets.
func (s *script) rest() {
	if err := s.network.rest(); s.err == nil {
		s.err = err
	}
	s.sockets.look()
	for _, seen := range s.network.log.take() {
		p, err := ladder.Decode(seen.raw)
		if err != nil && s.err == nil {
			s.err = err
		}
		if s.err == nil {
			s.packets++
			s.ladder.Packet(seen.at.Sub(s.start), seen.from, p)
		}
	}
}

// now is the time since the start.
func (s *script) now() time.Duration { return time.Since(s.start) }

// section draws a heading unless the script has ended.
func (s *script) section(title string) {
	if s.err == nil {
		s.ladder.Section(title)
	}
}
