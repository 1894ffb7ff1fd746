package pool

import (
	"context"
	"log/slog"
	"net"
	"runtime/debug"

	"github.com/seed-731cb71d/warren/transport"
)

// ConnHandler makes a Handler of a function written against package net. The
// connection is that of TCP.AsConn and closed when serve returns. TLS is a
// matter of wrapping it:
//
//	pool.ConnHandler(func(ctx context.Context, c net.Conn) {
//		serve(ctx, tls.Server(c, config))
//	})
func ConnHandler(serve func(ctx context.Context, c net.Conn)) Handler {
	return func(ctx context.Context, tcp *transport.TCP, s *transport.Socket) {
		c, err := tcp.AsConn(s)
		if err != nil {
			return // the peer has gone already
		}
		defer c.Close()
		serve(ctx, c)
	}
}

// serve gives a connection that has a slot to a handler of its own.
func (p *Pool) serve(tcp *transport.TCP, s *transport.Socket) {
	owner := p.cfg.Node.NewOwner(p.cfg.Name + " handler")
	err := tcp.ControllingProcess(s, owner)

	p.mu.Lock()
	p.info.Accepted++
	ok := err == nil && !p.cut
	if ok {
		p.enlistLocked(p.handlers, owner)
		p.running++
	} else {
		p.info.Refused++
		p.releaseLocked()
	}
	p.mu.Unlock()

	if !ok {
		_ = tcp.Close(s)
		owner.Exit()
		return
	}
	p.start(func() { p.handle(owner, s, 0) })
}

// handle runs the handler for the connection s, which has a slot, and contains
// its panic. A handler that ends its goroutine counts as crashed too. restarts
// counts how often the handler of s has been started again.
func (p *Pool) handle(owner *transport.Owner, s *transport.Socket, restarts int) {
	crashed := true
	defer func() {
		if crashed {
			if r := recover(); r != nil {
				p.cfg.Logger.Error("handler panicked", slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			}
			if p.startsAgain(owner, s, restarts) {
				p.start(func() { p.handle(owner, s, restarts+1) })
				return
			}
		}
		p.served(owner, crashed)
	}()
	p.cfg.Handler(p.ctx, owner.TCP(), s)
	crashed = false
}

// startsAgain decides whether a handler that has crashed is started again, and
// counts it if so.
func (p *Pool) startsAgain(owner *transport.Owner, s *transport.Socket, restarts int) bool {
	open := s.Owner() == owner
	p.mu.Lock()
	defer p.mu.Unlock()
	if !open || p.stopping || restarts >= p.cfg.HandlerRestartsMax {
		return false
	}
	p.info.Crashed++
	p.info.HandlerRestarts++
	p.running++
	return true
}

// served ends the connection of a handler that has returned or crashed.
func (p *Pool) served(owner *transport.Owner, crashed bool) {
	owner.Exit()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.handlers, owner)
	p.info.Served++
	if crashed {
		p.info.Crashed++
	}
	p.releaseLocked()
}
