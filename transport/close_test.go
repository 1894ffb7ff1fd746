//go:build linux || darwin || freebsd

package transport

import (
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// closing starts Close and waits until it blocks.
func closing(t *testing.T, n *Node, s *Socket) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- n.NewOwner("closer").TCP().Close(s) }()
	wait.Until(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.drain.wait) == 1
	}, "Close waits")
	return done
}

func givenBack(s *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn == nil && s.listener == nil
}

func TestCloseWaitsForTheQueue(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := stuck(t, n)
	done := closing(t, n, accepted)
	_, err := n.NewOwner("o").TCP().Receive(accepted, 0, 0)
	wantReason(t, err, "closed")
	drained(t, dialled, stuckBytes)
	if err := <-done; err != nil {
		t.Error(err)
	}
	_, err = n.NewOwner("o").TCP().Receive(dialled, 0, Infinity)
	wantReason(t, err, "closed")
}

// TestCloseGivesUp: after the time of linger, else after 180 s.
func TestCloseGivesUp(t *testing.T) {
	for _, c := range []struct {
		opt   Option
		limit time.Duration
	}{
		{Linger(true, 3), 3 * time.Second},
		{Linger(false, 3), flushMax},
	} {
		clock := newManualClock()
		n := newNode(t, Config{Clock: clock})
		accepted, _ := stuck(t, n, c.opt)
		done := closing(t, n, accepted)
		clock.advance(c.limit - 1)
		select {
		case <-done:
			t.Errorf("%v: Close returned before its time", c.opt)
			continue
		default:
		}
		clock.advance(1)
		if err := <-done; err != nil || !givenBack(accepted) || clock.running() != 0 {
			t.Errorf("%v: Close %v, given back %v, %d timers left", c.opt, err, givenBack(accepted), clock.running())
		}
	}
}

func TestOwnersEndFlushesTheQueue(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := stuck(t, n)
	owner := accepted.Owner()
	owner.Exit()
	owner.Exit()
	if accepted.Owner() != nil {
		t.Error("the socket still has an owner")
	}
	drained(t, dialled, stuckBytes)
	wait.Until(t, func() bool { return givenBack(accepted) }, "the network's socket is given back")
}

func TestNodeCloseResetsWhatIsStillQueued(t *testing.T) {
	n, peers := newNode(t, Config{}), newNode(t, Config{})
	server := n.NewOwner("server")
	l := listen(t, server, Active(false), SndBuf(8192))
	addr, err := server.TCP().SockName(l)
	if err != nil {
		t.Fatal(err)
	}
	peer := peers.NewOwner("peer").TCP()
	s, err := peer.Connect(addr, Infinity, Active(false), ShowEConnReset(true))
	if err != nil {
		t.Fatal(err)
	}
	send(t, accept(t, server, l), make([]byte, stuckBytes))
	_ = n.Close()
	_, err = peer.Receive(s, stuckBytes, Infinity)
	wantReason(t, err, "econnreset")
}

func TestCloseRemovesTheWaitingClosedMessage(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(true))
	tcp := server.TCP()
	send(t, dialled, "x")
	_ = tcp.Close(dialled)
	wait.Until(t, func() bool { return mailboxBytes(server) == 2*messageOverhead+1 }, "Data and Closed wait")
	_ = tcp.Close(accepted)
	if m, err := server.Receive(0); err != nil || m.(Data).Socket != accepted {
		t.Errorf("got %v, %v, want the data", m, err)
	}
	_, err := server.Receive(0)
	wantReason(t, err, "timeout")
}
