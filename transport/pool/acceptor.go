package pool

import (
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// acceptor is one place in the pool: it lives as one owner after the other,
// each until an accept fails.
func (p *Pool) acceptor(id int) {
	failures, pauses := 0, 0 // in a row; a shortage is a pause but no failure
	for {
		owner := p.cfg.Node.NewOwner(fmt.Sprintf("%s acceptor %d", p.cfg.Name, id))
		if !p.enlist(owner) {
			return
		}
		accepted, err := p.acceptAll(owner.TCP())
		if accepted {
			failures, pauses = 0, 0
		}
		if !shortage(err) {
			failures++
		}
		again := err != nil && p.mayRestart(err, failures)
		if again {
			p.cfg.Logger.Warn("acceptor restarts", slog.Int("acceptor", id), slog.Any("error", err))
			_, _ = owner.Receive(backoff(pauses)) // nobody writes to it: this is a pause
			pauses++
		}
		p.discharge(owner)
		if !again {
			return
		}
	}
}

// enlist counts an acceptor's owner; false when the pool is stopping.
func (p *Pool) enlist(owner *transport.Owner) bool {
	p.mu.Lock()
	stopping := p.stopping
	if !stopping {
		p.enlistLocked(p.acceptors, owner)
	}
	p.mu.Unlock()
	if stopping {
		owner.Exit()
	}
	return !stopping
}

func (p *Pool) discharge(owner *transport.Owner) {
	p.mu.Lock()
	delete(p.acceptors, owner)
	p.mu.Unlock()
	owner.Exit()
}

// acceptAll accepts until that fails, and says whether it ever succeeded. The
// error is nil when the pool is stopping.
func (p *Pool) acceptAll(tcp *transport.TCP) (accepted bool, err error) {
	for p.acquire() {
		s, err := tcp.Accept(p.listener, transport.Infinity)
		if err == nil {
			accepted = true
			p.serve(tcp, s)
			continue
		}
		p.mu.Lock()
		p.releaseLocked()
		retry := errors.Is(err, transport.ErrTimeout) || errors.Is(err, syscall.ECONNABORTED)
		if retry {
			p.info.Retried++
		}
		p.mu.Unlock()
		if !retry {
			return accepted, err
		}
	}
	return accepted, nil
}

// mayRestart decides what follows from an acceptor's error: it is restarted,
// or it is done because the pool ends, with the error if nobody asked for
// that.
func (p *Pool) mayRestart(err error, failures int) bool {
	most := p.cfg.RestartsMax
	switch {
	case errors.Is(err, transport.ErrClosed):
		p.stop(fmt.Errorf("pool: the listener is closed: %w", err))
		return false
	case most >= 0 && failures > most:
		p.stop(fmt.Errorf("pool: an acceptor failed %d times in a row: %w", failures, err))
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping {
		return false
	}
	p.info.Restarts++
	return true
}

// shortage reports whether accepting failed for want of sockets, descriptors
// or memory. The connection waits in the backlog meanwhile, and a server must
// not go down because its clients stay long.
func shortage(err error) bool {
	if errors.Is(err, transport.ErrSystemLimit) {
		return true
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM:
		return true
	}
	return false
}

// backoff is the pause after so many pauses in a row before this one.
func backoff(pauses int) time.Duration {
	for d := backoffFirst; ; d *= 2 {
		if pauses == 0 || d >= backoffLast {
			return min(d, backoffLast)
		}
		pauses--
	}
}
