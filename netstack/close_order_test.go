package netstack

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestCloseResetsInOrder lets a stack end with ten connections of each kind.
// The peer sees the resets of the listener's queue in the order of their arrival,
// then of those accepted in the order of Accept, then of those closed but not
// finished. The half-open ones end in silence.
func TestCloseResetsInOrder(t *testing.T) {
	s, peer := newRawPeer(t, Config{})
	ln, err := s.ListenTCP(t.Context(), netip.MustParseAddrPort("192.0.2.1:80"), ListenOptions{Backlog: 100})
	if err != nil {
		t.Fatal(err)
	}
	handshake := func(port uint16) {
		t.Helper()
		peer.deliver(s, segment{flags: flagSYN, local: 80, remote: port, seq: 1000})
		answer := peer.take()
		if len(answer) != 1 {
			t.Fatalf("answer to the SYN from port %d: %+v", port, answer)
		}
		peer.deliver(s, segment{flags: flagACK, local: 80, remote: port, seq: 1001, ack: answer[0].seq + 1})
	}
	accept := func() *Conn {
		t.Helper()
		c, err := ln.TryAccept()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var accepted, closed, queued []uint16
	for i := range uint16(10) {
		// Accepted and queued ones come in the order of falling ports.
		closed = append(closed, 1000+i)
		handshake(1000 + i)
		accept().Close() // its FIN is never acknowledged
		peer.take()
		accepted = append(accepted, 3000-i)
		handshake(3000 - i)
		accept()
	}
	for i := range uint16(10) {
		queued = append(queued, 5000-i)
		handshake(5000 - i)
		peer.deliver(s, segment{flags: flagSYN, local: 80, remote: 7000 - i, seq: 1000})
		peer.take()
	}
	s.Close()
	var got []uint16
	for _, seg := range peer.take() {
		if seg.flags&flagRST != 0 {
			got = append(got, seg.remote)
		}
	}
	// The listener is older than the connections it was asked for.
	want := slices.Concat(queued, accepted, closed)
	if !slices.Equal(got, want) {
		t.Errorf("resets to the ports\n%v, want\n%v", got, want)
	}
}

// TestLinkDownStartsNothingByItself lets a link die in a scheduled stack: the
// end begins when the scheduler says so.
func TestLinkDownStartsNothingByItself(t *testing.T) {
	sched := new(bubbleScheduler)
	link := &sinkLink{mtu: 1500}
	s := mustNew(t, Config{Interfaces: []Interface{{Link: link, Addresses: pairAddresses(1)}}, Scheduler: sched})
	cause := errors.New("unplugged")
	link.receiver.LinkDown(cause)
	if s.Err() != nil {
		t.Error("the end began at once")
	}
	if !sched.deliver() {
		t.Fatal("nothing was handed to the scheduler")
	}
	<-s.Done()
	if !errors.Is(s.Err(), cause) {
		t.Errorf("Err: %v, want %v", s.Err(), cause)
	}
}

// TestGateForgetsWakeUpsThatComeTooLate ends sleeps by their contexts while
// wake-ups are with the scheduler. When these are made they must not block,
// and what they leave behind must cost the next sleep no more than a look.
func TestGateForgetsWakeUpsThatComeTooLate(t *testing.T) {
	sched := new(bubbleScheduler)
	g := gateOf(sched)
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		failed := make(chan error, 1)
		waits := sched.waits.Load()
		go func() { failed <- g.do(ctx, func() error { return errAgain }) }()
		eventually(t, func() bool { return sched.waits.Load() > waits && g.waiting() == 1 }, "the call sleeps")
		g.signal() // handed over, not made
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	}
	within(t, 10*time.Second, "making late wake-ups", func() { sched.deliver() })

	tries := 0
	done := make(chan error, 1)
	go func() {
		done <- g.do(context.Background(), func() error {
			if tries++; tries < 3 {
				return errAgain
			}
			return nil
		})
	}()
	eventually(t, func() bool { g.signal(); sched.deliver(); return len(done) == 1 }, "the next call succeeds")
	if err := <-done; err != nil {
		t.Error(err)
	}
}
