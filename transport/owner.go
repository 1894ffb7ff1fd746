package transport

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Owner stands where gen_tcp has a process: it owns sockets, gets their
// messages in one mailbox, and when it ends its sockets close. An owner costs
// no goroutine; it exists until Exit is called or its Node is closed.
//
// All methods may be called concurrently. Ownership is no access right: any
// owner's TCP may be used with any socket of the node. An owner that has waited
// in a bubble of testing/synctest can wait in that one only.
type Owner struct {
	node *Node
	name string
	id   uint64
	done chan struct{} // closed by Exit

	mu      sync.Mutex
	exited  bool
	box     mailbox
	sockets map[*Socket]struct{}
	calls   map[*waiter]struct{} // blocked calls of this owner's TCP
	seq     uint64               // of calls
	getters []*waiter            // those calls that wait for a message
	spare   []*waiter            // of earlier calls, at most sparesMax
	stopped []*Socket            // not read because the mailbox is full
}

// sparesMax is how many waiters an owner keeps: one for each of the calls that
// usually wait at a time.
const sparesMax = 4

// NewOwner returns a new owner; name is for people and need not be unique.
// On a closed node the owner has ended already.
func (n *Node) NewOwner(name string) *Owner {
	o := &Owner{
		node:    n,
		name:    name,
		done:    make(chan struct{}),
		sockets: make(map[*Socket]struct{}),
		calls:   make(map[*waiter]struct{}),
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sequence++
	o.id = n.sequence
	if n.closed {
		o.exited = true
		close(o.done)
		return o
	}
	n.owners[o] = struct{}{}
	return o
}

// Name returns the name given to NewOwner.
func (o *Owner) Name() string { return o.name }

// String returns the name, for logs.
func (o *Owner) String() string { return o.name }

// TCP returns the contract with o as the calling process.
func (o *Owner) TCP() *TCP { return &TCP{node: o.node, owner: o} }

// Done is closed when o has ended.
func (o *Owner) Done() <-chan struct{} { return o.done }

// Receive takes the oldest message out of the mailbox and waits up to timeout
// for one. ErrTimeout when none came, ErrClosed when o has ended, ErrBadArg
// for a negative timeout other than Infinity.
func (o *Owner) Receive(timeout time.Duration) (Message, error) {
	return o.receive(nil, timeout)
}

// ReceiveFrom is Receive for the messages of one socket; all others stay
// where they are. A nil socket is refused with ErrBadArg.
func (o *Owner) ReceiveFrom(s *Socket, timeout time.Duration) (Message, error) {
	if s == nil {
		return nil, badArgument("socket", s, "give the socket whose messages are wanted, or use Receive")
	}
	return o.receive(s, timeout)
}

func (o *Owner) receive(s *Socket, timeout time.Duration) (Message, error) {
	if err := checkTimeout(timeout); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	m, err := o.tryReceiveLocked(s)
	if !errors.Is(err, syscall.EAGAIN) {
		return m, err
	}
	w, err := o.enterLocked(timeout == 0)
	if err != nil {
		return nil, err
	}
	w.start(timeout)
	o.getters = append(o.getters, w)
	defer o.dropGetterLocked(w)
	for {
		o.mu.Unlock()
		w.wait()
		o.mu.Lock()
		m, err := o.tryReceiveLocked(s)
		if !errors.Is(err, syscall.EAGAIN) {
			return m, err
		}
		if err := w.over(); err != nil {
			return nil, err
		}
	}
}

// tryReceiveLocked takes a message; syscall.EAGAIN if there is none.
func (o *Owner) tryReceiveLocked(s *Socket) (Message, error) {
	if o.exited {
		return nil, ErrClosed
	}
	m, ok := o.box.take(s)
	if !ok {
		return nil, syscall.EAGAIN
	}
	o.resumeLocked(m.From())
	return m, nil
}

func (o *Owner) dropGetterLocked(w *waiter) {
	o.getters = without(o.getters, w)
	o.mu.Unlock()
	w.done()
	o.mu.Lock()
}

// pushLocked puts m into the mailbox. An owner that has ended gets nothing.
func (o *Owner) pushLocked(m Message) {
	if o.exited {
		return
	}
	o.box.push(m)
	for _, w := range o.getters {
		w.wake()
	}
}

// push is pushLocked for those who do not hold the lock.
func (o *Owner) push(m Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pushLocked(m)
}

// room tells whether data of s may be put into the mailbox. If not, s is
// remembered and its pump starts again when there is room.
func (o *Owner) room(s *Socket) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.box.bytes < o.node.mailboxBytesMax || s.mailed == 0 {
		return true
	}
	if !slices.Contains(o.stopped, s) {
		o.stopped = append(o.stopped, s)
	}
	return false
}

// resumeLocked starts the pumps that wait for room, after a message of taken
// has left the mailbox.
func (o *Owner) resumeLocked(taken *Socket) {
	if len(o.stopped) == 0 {
		return
	}
	if o.box.bytes < o.node.mailboxBytesMax {
		for _, s := range o.stopped {
			s.resume()
		}
		o.stopped = nil
	} else if taken.mailed == 0 && slices.Contains(o.stopped, taken) {
		o.stopped = without(o.stopped, taken)
		taken.resume()
	}
}

// Exit ends o as a process ends: its blocked calls answer ErrClosed, its
// mailbox is dropped, and its sockets close. It does not wait for the data
// that they have queued; that is still sent. Idempotent.
func (o *Owner) Exit() {
	o.mu.Lock()
	if o.exited {
		o.mu.Unlock()
		return
	}
	o.exited = true
	close(o.done)
	sockets := sortedKeys(o.sockets)
	calls := sortedKeys(o.calls)
	o.box, o.stopped, o.spare = mailbox{}, nil, nil
	o.mu.Unlock()

	for _, w := range calls {
		w.finish()
	}
	for _, s := range sockets {
		s.ownerEnded(o)
	}
	o.node.mu.Lock()
	delete(o.node.owners, o)
	o.node.mu.Unlock()
}

// enter registers a call that has to wait and returns its waiter. Errors are
// those of newWaiter.
func (o *Owner) enter(poll bool) (*waiter, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.enterLocked(poll)
}

func (o *Owner) enterLocked(poll bool) (*waiter, error) {
	switch {
	case o.exited:
		return nil, ErrClosed
	case poll:
		return nil, ErrTimeout
	}
	var w *waiter
	if last := len(o.spare) - 1; last >= 0 {
		w, o.spare = o.spare[last], o.spare[:last]
	} else {
		w = o.node.freshWaiter(o)
	}
	o.seq++
	w.seq = o.seq
	o.calls[w] = struct{}{}
	return w, nil
}

// leave undoes enter; w is kept if it can serve again. Exit may be about to
// finish the calls that it found, so none of them is.
func (o *Owner) leave(w *waiter, again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.calls, w)
	if again && !o.exited && len(o.spare) < sparesMax {
		o.spare = append(o.spare, w)
	}
}

// own adds s to the sockets of o; it answers false when o has ended.
func (o *Owner) own(s *Socket) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.exited {
		return false
	}
	o.sockets[s] = struct{}{}
	return true
}

// disown undoes own.
func (o *Owner) disown(s *Socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.sockets, s)
	o.stopped = without(o.stopped, s)
}

// ordered is what has a place in an order that does not depend on chance.
type ordered interface {
	comparable
	order() uint64
}

func (o *Owner) order() uint64  { return o.id }
func (s *Socket) order() uint64 { return s.id }
func (w *waiter) order() uint64 { return w.seq }

// sortedKeys returns the keys of m in their order, so that nothing that can
// be seen depends on the iteration of a map.
func sortedKeys[K ordered](m map[K]struct{}) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Compare(a.order(), b.order()) })
	return keys
}

// without returns list with the first x removed.
func without[T comparable](list []T, x T) []T {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
