package transport

import (
	"math"
	"os"
	"sync"
	"syscall"
	"time"
)

// kernelPoller watches descriptors with an epoll instance of its own, edge
// triggered: an event for each change, none for a state that lasts, so data
// that nobody reads costs nothing. The runtime's poller watches the epoll
// descriptor in turn, so that the one goroutine parks like any other and
// occupies no thread.
//
// The goroutine starts with the first descriptor and ends when the last is
// unwatched; nobody waits for it, since it holds nothing but the epoll
// descriptor, which its end closes.
type kernelPoller struct {
	mu      sync.Mutex
	file    *os.File // the epoll instance; nil while nothing is watched
	epfd    int
	watched map[int]func()
}

// epollEdges are the events of a watched descriptor. epoll_ctl(2): errors and
// hang-ups are always reported.
const epollEdges = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | (syscall.EPOLLET & math.MaxUint32)

// watch calls f after each change of fd, replacing the function before.
func (p *kernelPoller) watch(fd int, f func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.watched[fd]; ok {
		p.watched[fd] = f
		return nil
	}
	if p.file == nil {
		if err := p.startLocked(); err != nil {
			return err
		}
	}
	p.watched[fd] = f
	event := syscall.EpollEvent{Events: epollEdges, Fd: int32(fd)}
	if err := syscall.EpollCtl(p.epfd, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
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
	_ = syscall.EpollCtl(p.epfd, syscall.EPOLL_CTL_DEL, fd, &syscall.EpollEvent{})
	p.forgetLocked(fd)
}

func (p *kernelPoller) forgetLocked(fd int) {
	delete(p.watched, fd)
	if len(p.watched) == 0 {
		// Closing would wait for run, and run may be about to call a function
		// whose caller waits for a lock that our caller holds. A deadline in
		// the past ends run without a wait, and run closes.
		_ = p.file.SetReadDeadline(time.Unix(1, 0))
		p.file = nil
	}
}

func (p *kernelPoller) startLocked() error {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	// os.NewFile hands only non-blocking descriptors to the runtime's poller.
	if err := syscall.SetNonblock(epfd, true); err != nil {
		_ = syscall.Close(epfd)
		return err
	}
	file := os.NewFile(uintptr(epfd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return err
	}
	p.file, p.epfd, p.watched = file, epfd, make(map[int]func())
	go p.run(file, raw, epfd)
	return nil
}

// run dispatches until a deadline is set, and closes the epoll instance.
func (p *kernelPoller) run(file *os.File, raw syscall.RawConn, epfd int) {
	defer file.Close()
	events := make([]syscall.EpollEvent, 64)
	_ = raw.Read(func(uintptr) bool {
		for {
			n, err := syscall.EpollWait(epfd, events, 0)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || n == 0 {
				return false
			}
			p.dispatch(events[:n])
		}
	})
}

// dispatch calls without a lock. An event fetched before its descriptor was
// closed may wake the new owner of the number: once too often, which Notify
// allows.
func (p *kernelPoller) dispatch(events []syscall.EpollEvent) {
	for i := range events {
		p.mu.Lock()
		f := p.watched[int(events[i].Fd)]
		p.mu.Unlock()
		if f != nil {
			f()
		}
	}
}
