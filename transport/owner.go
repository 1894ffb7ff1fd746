package transport

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Owner stands where gen_tcp has a process: it owns sockets, gets their
// messages in one mailbox, and when it ends its sockets close. An owner costs
// no goroutine; it exists until Exit is called or its Node is closed.
//
// All methods may be called concurrently. Ownership is no access right: any
// owner's TCP may be used with any socket of the node.
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
	stopped []*Socket            // not read because the mailbox is full
}

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
	var w *waiter
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if o.exited {
			return nil, ErrClosed
		}
		if m, ok := o.box.take(s); ok {
			o.resumeLocked(m.From())
			return m, nil
		}
		if w == nil {
			var err error
			if w, err = o.newGetterLocked(timeout); err != nil {
				return nil, err
			}
			defer o.dropGetterLocked(w)
			continue
		}
		if err := w.over(); err != nil {
			return nil, err
		}
		o.mu.Unlock()
		w.wait()
		o.mu.Lock()
	}
}

// newGetterLocked returns a waiter that push wakes. It unlocks o for a moment,
// so the mailbox has to be looked at again.
func (o *Owner) newGetterLocked(timeout time.Duration) (*waiter, error) {
	o.mu.Unlock()
	w, err := o.node.newWaiter(o, timeout)
	o.mu.Lock()
	if err != nil {
		return nil, err
	}
	o.getters = append(o.getters, w)
	return w, nil
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
	o.box, o.stopped = mailbox{}, nil
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

// enter registers a blocked call; it answers false when o has ended.
func (o *Owner) enter(w *waiter) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.exited {
		return false
	}
	o.seq++
	w.seq = o.seq
	o.calls[w] = struct{}{}
	return true
}

// leave undoes enter.
func (o *Owner) leave(w *waiter) {
	o.mu.Lock()
	delete(o.calls, w)
	o.mu.Unlock()
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
