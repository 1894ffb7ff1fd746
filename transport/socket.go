package transport

import (
	"fmt"
	"sync"
	"syscall"
)

// Theory of operation
//
// A Socket is a handle over one socket of a Network. Every operation takes
// the handle's mutex, tries what it wants with the network's non-blocking
// calls, and answers; only when the network says syscall.EAGAIN does it make
// a waiter, register it and try again each time it is woken. So a passive
// connection leaves its data in the network's buffer and an idle listener
// leaves its backlog alone: nothing is read or accepted but for a request.
//
// Two things go on without a caller: an active connection delivers messages,
// and queued data is sent. Both are steps of the socket's pump, a goroutine
// that is started when there is something to do (the network's notification,
// a change of options, room in the mailbox, data left over by Send) and ends
// when the network says EAGAIN. An idle socket has none. While a Send is
// blocked, the pump runs on its goroutine, which would have to be woken after
// it; and while its payload is what is being sent, that stays in the caller's
// slice.
//
// What a direction answers once it has ended is kept in an end: the reason
// once, then the answer for ever. That yields gen_tcp's "closed, then
// enotconn" without a case at each call.
//
// The handle and the network's socket end apart. The handle is closed by
// Close, by its owner's end, or when a Closed message has been delivered;
// the network's socket is given back when the queue has been sent.

// socketState is how much of a handle is left.
//
//	open ---- end reported (exit_on_close), Send timed out ----> dead
//	  |       (send_timeout_close), packet malformed              |
//	  +-- Close, owner's end, Closed delivered --> closed <-------+
//
// A dead handle has no connection any more but still an owner and options;
// a closed one has nothing. A listener is never dead.
type socketState uint8

const (
	stateOpen socketState = iota
	stateDead
	stateClosed
)

// Socket is an opaque handle, either a listener or a connection. It is made
// by Listen, Accept and Connect, and may be used by any owner of its node.
type Socket struct {
	node *Node
	id   uint64
	kind string // "listener" or "connection"

	readiness
	mailed int    // Data messages in the owner's mailbox; its mutex guards this
	job    func() // runs the pump, made when it first starts; the node's mutex guards this

	mu       sync.Mutex
	state    socketState
	owner    *Owner // nil when closed
	set      settings
	notified bool // the network calls notify

	listener  NetListener // nil in connections and when given back
	held      NetConn     // accepted, and refused by a limit
	acceptors []*waiter   // in the order of their calls; the first one tries

	conn    NetConn // nil in listeners and when given back
	reader  *waiter // the blocked Receive
	in      input
	recvEnd end
	told    bool // Closed has been delivered
	stopped bool // not read: the owner's mailbox is full
	failed  error

	adapter *adapter // of net.Conns; nil before AsConn

	queue   sendQueue
	sendEnd end
	drain   drain
	stat    counters
}

// end is what one direction of a connection answers after it has ended.
type end struct {
	over bool
	once error // the next answer; nil: then
	then error
}

// set ends the direction, if it has not ended before.
func (e *end) set(once, then error) {
	if !e.over {
		*e = end{over: true, once: once, then: then}
	}
}

// answer returns the error for one more call.
func (e *end) answer() error {
	if err := e.once; err != nil {
		e.once = nil
		return err
	}
	return e.then
}

// String names the socket for people: "connection 7".
func (s *Socket) String() string {
	if s == nil {
		return "no socket"
	}
	return fmt.Sprintf("%s %d", s.kind, s.id)
}

// Owner returns the owner, nil when s is closed.
func (s *Socket) Owner() *Owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owner
}

// sockLocked is the network's socket, nil when it has been given back.
func (s *Socket) sockLocked() NetSocket {
	switch {
	case s.listener != nil:
		return s.listener
	case s.conn != nil && s.state == stateOpen:
		return s.conn
	}
	return nil
}

// IsListener tells a listener from a connection; it stays so after Close.
func (s *Socket) IsListener() bool { return s.kind == kindListener }

const (
	kindListener   = "listener"
	kindConnection = "connection"
)

// endLocked makes the handle closed: it has no owner and nobody waits for it
// but Close.
func (s *Socket) endLocked() {
	s.state = stateClosed
	s.disownLocked()
	s.wakeAllLocked()
	s.adapter.close()
}

// disownLocked takes s away from its owner.
func (s *Socket) disownLocked() {
	if s.owner == nil {
		return
	}
	s.owner.disown(s)
	s.owner = nil
}

// wakeAllLocked wakes every call that is blocked on s but Close.
func (s *Socket) wakeAllLocked() {
	for _, w := range s.acceptors {
		w.wake()
	}
	if s.reader != nil {
		s.reader.wake()
	}
	s.queue.wakeSenders()
	s.wakeWatchers()
}

// giveBackLocked closes the network's socket.
func (s *Socket) giveBackLocked() {
	if s.held != nil {
		_ = s.held.SetLinger(0)
		_ = s.held.Close()
		s.held = nil
	}
	if s.listener != nil {
		s.listener.Notify(nil)
		_ = s.listener.Close()
		s.listener = nil
	}
	if s.conn != nil {
		s.conn.Notify(nil)
		_ = s.conn.Close()
		s.conn = nil
	}
	s.queue.drop()
	s.drain.finish()
	s.node.forget(s)
}

// netReason turns an error of the network into what gen_tcp answers: the end
// of the stream and a reset are ErrClosed, the latter ECONNRESET if asked for.
func (s *Socket) netReason(err error) error {
	switch {
	case isReset(err):
		if s.set.showEConnReset {
			return syscall.ECONNRESET
		}
		return ErrClosed
	case isEnd(err):
		return ErrClosed
	}
	return err
}
