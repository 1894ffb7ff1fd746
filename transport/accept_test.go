//go:build linux || darwin || freebsd

package transport

import (
	"fmt"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

func acceptorsOf(l *Socket) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acceptors)
}

// TestAcceptServesWaitersInOrder: first come, first served; one who leaves
// gives its turn to the next.
func TestAcceptServesWaitersInOrder(t *testing.T) {
	n := newNode(t, Config{})
	server := n.NewOwner("server")
	l := listen(t, server, Active(false))
	type outcome struct {
		s   *Socket
		err error
	}
	var owners []*Owner
	var results []chan outcome
	for i := range 5 {
		o, result := n.NewOwner(fmt.Sprint(i)), make(chan outcome, 1)
		owners, results = append(owners, o), append(results, result)
		go func() { s, err := o.TCP().Accept(l, Infinity); result <- outcome{s, err} }()
		wait.Until(t, func() bool { return acceptorsOf(l) == i+1 }, "the acceptor waits")
	}
	owners[0].Exit()
	owners[2].Exit()
	for _, i := range []int{0, 2} {
		wantReason(t, (<-results[i]).err, "closed")
	}
	client := n.NewOwner("client")
	for _, i := range []int{1, 3, 4} {
		dialled := dial(t, client, l)
		got := <-results[i]
		if got.err != nil || got.s.Owner() != owners[i] {
			t.Fatalf("acceptor %d: %v, %v", i, got.s, got.err)
		}
		send(t, dialled, "x")
		drained(t, got.s, 1)
	}
}

// TestIdleListenerLeavesItsBacklog: without Accept the network's queue is not
// touched, not even watched.
func TestIdleListenerLeavesItsBacklog(t *testing.T) {
	n := newNode(t, Config{})
	server := n.NewOwner("server")
	l := listen(t, server, Backlog(3), Active(false))
	client := n.NewOwner("client")
	for range 3 {
		dial(t, client, l)
	}
	l.mu.Lock()
	if l.notified || l.held != nil {
		t.Error("the listener was touched before Accept")
	}
	l.mu.Unlock()
	accept(t, server, l)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.notified || l.held != nil {
		t.Error("Accept took more than one connection")
	}
}

func TestTheOneWhoAcceptsOwns(t *testing.T) {
	n := newNode(t, Config{})
	l := listen(t, n.NewOwner("server"))
	acceptor := n.NewOwner("acceptor")
	dial(t, n.NewOwner("client"), l)
	s := accept(t, acceptor, l)
	if s.Owner() != acceptor {
		t.Errorf("owner is %v", s.Owner())
	}
	wantReason(t, n.NewOwner("other").TCP().ControllingProcess(s, acceptor.node.NewOwner("new")), "not_owner")
	acceptor.Exit()
	wait.Until(t, func() bool { return givenBack(s) }, "the connection has ended with its owner")
}

func TestAcceptOnAConnectionIsEinval(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, _ := pair(t, n)
	_, err := server.TCP().Accept(accepted, 0)
	wantReason(t, err, "einval")
	_, err = server.TCP().Accept(nil, 0)
	wantReason(t, err, "badarg")
}
