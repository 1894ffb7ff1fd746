//go:build !android

package namespace

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Namespace is a network namespace in which "lo" is up. Its methods may be
// called from any goroutine, but not from inside Do. It must be closed.
type Namespace struct {
	name string
	path string
	file *os.File

	work  chan func() // done by the thread
	ended chan struct{}
	close sync.Once
	done  chan struct{} // closed by Close
}

// New makes a namespace. name appears in errors only. The error says what is
// missing; fs.ErrPermission means that Enter may help.
func New(name string) (*Namespace, error) {
	n := &Namespace{
		name:  name,
		work:  make(chan func()),
		ended: make(chan struct{}),
		done:  make(chan struct{}),
	}
	made := make(chan error)
	go n.start(made)
	if err := <-made; err != nil {
		<-n.ended
		return nil, fmt.Errorf("network namespace %s: %w", name, err)
	}
	return n, nil
}

// start finds a thread that can end. The process's first one cannot: Go parks
// it for ever, and it would hold the namespace.
func (n *Namespace) start(made chan<- error) {
	runtime.LockOSThread() // not unlocked where a namespace was made: the thread ends with the goroutine
	if unix.Gettid() != unix.Getpid() {
		n.run(made)
		return
	}
	locked := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(locked)
		n.run(made)
	}()
	<-locked // while the first thread is taken, the other goroutine has another
	runtime.UnlockOSThread()
}

// run is the thread's life.
func (n *Namespace) run(made chan<- error) {
	defer close(n.ended)
	if err := n.enter(); err != nil {
		if n.file != nil {
			err = errors.Join(err, n.file.Close())
		}
		made <- err
		return
	}
	made <- nil
	for {
		select {
		case f := <-n.work:
			f()
		case <-n.done:
			return
		}
	}
}

// enter moves the thread into a new namespace.
func (n *Namespace) enter() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return explain(os.NewSyscallError("unshare", err))
	}
	n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", unix.Getpid(), unix.Gettid())
	file, err := os.Open(n.path)
	if err != nil {
		return fmt.Errorf("%w: mount /proc", err)
	}
	n.file = file
	return loopbackUp()
}

// loopbackUp gives the thread's namespace 127.0.0.1 and ::1.
func loopbackUp() error {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("opening netlink: %w", err)
	}
	defer handle.Close()
	lo, err := handle.LinkByName("lo")
	if err == nil {
		err = handle.LinkSetUp(lo)
	}
	if err != nil {
		return fmt.Errorf("setting lo up: %w", err)
	}
	return nil
}

// Do runs f on a thread in the namespace and returns its error: sockets that f
// opens and processes that it starts belong there. Such processes, if started
// with Pdeathsig, die at Close. It waits for other calls of Do; after Close it
// returns net.ErrClosed.
func (n *Namespace) Do(f func() error) error {
	result := make(chan error, 1)
	select {
	case n.work <- func() { result <- f() }:
		return <-result
	case <-n.done:
		return fmt.Errorf("network namespace %s: %w", n.name, net.ErrClosed)
	}
}

// Path is where the namespace is seen in /proc, until Close.
func (n *Namespace) Path() string { return n.path }

// File is the namespace as setns(2), netlink and other programs take it; Close
// closes it.
func (n *Namespace) File() *os.File { return n.file }

// Close ends the namespace's thread and gives the namespace up. It waits for a
// Do that is under way, and is idempotent.
func (n *Namespace) Close() (err error) {
	n.close.Do(func() {
		close(n.done)
		<-n.ended
		err = n.file.Close()
	})
	return err
}
