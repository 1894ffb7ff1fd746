//go:build darwin || freebsd

package transport

import (
	"sync"
	"syscall"
)

// kernelPoller watches descriptors with a kqueue, edge triggered (EV_CLEAR):
// an event for each change, none for a state that lasts.
//
// Its one goroutine starts with the first descriptor and ends when the last
// is unwatched, told so through a pipe; nobody waits for it, since it holds
// nothing but the kqueue and the pipe, which its end closes.
type kernelPoller struct {
	mu      sync.Mutex
	kq      int
	stop    int // the pipe's writing end, valid while watched has entries
	watched map[int]func()
}

// watch calls f after each change of fd, replacing the function before.
func (p *kernelPoller) watch(fd int, f func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.watched[fd]; ok {
		p.watched[fd] = f
		return nil
	}
	if len(p.watched) == 0 {
		if err := p.startLocked(); err != nil {
			return err
		}
	}
	p.watched[fd] = f
	if err := changeWatch(p.kq, fd, syscall.EV_ADD|syscall.EV_CLEAR); err != nil {
		p.forgetLocked(fd)
		return err
	}
	return nil
}

// unwatch ends the calls for fd; one may still be under way. It comes before
// the descriptor is closed.
func (p *kernelPoller) unwatch(fd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.watched[fd]; !ok {
		return
	}
	_ = changeWatch(p.kq, fd, syscall.EV_DELETE)
	p.forgetLocked(fd)
}

func (p *kernelPoller) forgetLocked(fd int) {
	delete(p.watched, fd)
	if len(p.watched) == 0 {
		_ = syscall.Close(p.stop)
	}
}

// startLocked makes the kqueue and a pipe whose end of file stops run.
func (p *kernelPoller) startLocked() error {
	var pipe [2]int
	syscall.ForkLock.RLock()
	kq, err := syscall.Kqueue()
	if err == nil {
		syscall.CloseOnExec(kq)
		if err = syscall.Pipe(pipe[:]); err == nil {
			syscall.CloseOnExec(pipe[0])
			syscall.CloseOnExec(pipe[1])
		} else {
			_ = syscall.Close(kq)
		}
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	event := make([]syscall.Kevent_t, 1)
	syscall.SetKevent(&event[0], pipe[0], syscall.EVFILT_READ, syscall.EV_ADD)
	if _, err := syscall.Kevent(kq, event, nil, nil); err != nil {
		for _, fd := range []int{kq, pipe[0], pipe[1]} {
			_ = syscall.Close(fd)
		}
		return err
	}
	p.kq, p.stop, p.watched = kq, pipe[1], make(map[int]func())
	go p.run(kq, pipe[0])
	return nil
}

func (p *kernelPoller) run(kq, stop int) {
	defer syscall.Close(kq)
	defer syscall.Close(stop)
	events := make([]syscall.Kevent_t, 64)
	for {
		n, err := syscall.Kevent(kq, nil, events, nil)
		if err != nil && err != syscall.EINTR {
			return
		}
		for i := 0; i < n; i++ {
			fd := int(events[i].Ident)
			if fd == stop {
				return
			}
			p.call(fd)
		}
	}
}

// call runs the function of fd without a lock. An event fetched before its
// descriptor was closed may wake the new owner of the number: once too often,
// which Notify allows.
func (p *kernelPoller) call(fd int) {
	p.mu.Lock()
	f := p.watched[fd]
	p.mu.Unlock()
	if f != nil {
		f()
	}
}

// changeWatch applies flags to both directions of fd. A listener has no writing
// side, which is no reason not to watch it.
func changeWatch(kq, fd int, flags int) error {
	event := make([]syscall.Kevent_t, 1)
	syscall.SetKevent(&event[0], fd, syscall.EVFILT_READ, flags)
	_, err := syscall.Kevent(kq, event, nil, nil)
	syscall.SetKevent(&event[0], fd, syscall.EVFILT_WRITE, flags)
	_, _ = syscall.Kevent(kq, event, nil, nil)
	return err
}
