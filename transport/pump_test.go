//go:build linux || darwin || freebsd

package transport

import (
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// counted returns how many goroutines s has started.
func (s *countingScheduler) started() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gos
}

// TestBlockedSendRunsThePump: what waits for the queue empties it, so no
// goroutine is made for that.
func TestBlockedSendRunsThePump(t *testing.T) {
	sched := &countingScheduler{}
	n := newNode(t, Config{Scheduler: sched})
	accepted, dialled := stuck(t, n, HighWatermark(1), LowWatermark(0))
	const rounds, size = 12, 100 << 10
	before := sched.started()
	done := make(chan error, 1)
	go func() {
		tcp := n.NewOwner("sender").TCP()
		for range rounds {
			if err := tcp.Send(accepted, make([]byte, size)); err != nil {
				done <- err
				return
			}
			if queued(accepted) > 0 { // an empty queue took it over
				if err := tcp.Send(accepted, "x"); err != nil {
					done <- err
					return
				}
			}
		}
		done <- tcp.Shutdown(accepted, ShutdownWrite)
	}()
	wait.Until(t, func() bool { return blockedSenders(accepted) == 1 }, "the sender waits")
	reader := n.NewOwner("reader").TCP()
	got := 0
	for {
		p, err := reader.Receive(dialled, 0, Infinity)
		if Reason(err) == "closed" {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got += len(p.Data)
		p.Release()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got < stuckBytes+rounds*size {
		t.Errorf("%d bytes came, want %d at least", got, stuckBytes+rounds*size)
	}
	if gos := sched.started() - before; gos > rounds/2 {
		t.Errorf("%d goroutines for %d Sends that waited", gos, rounds)
	}
}

// TestPumpIsNotLostWithItsHelper: a Send that was asked to run the pump and
// ends without doing so passes that on.
func TestPumpIsNotLostWithItsHelper(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := stuck(t, n)
	w, err := n.NewOwner("helper").newWaiter(Infinity)
	if err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool { return !isPumping(accepted) }, "the pump rests")
	accepted.offer(w)
	accepted.notify()
	if !isPumping(accepted) {
		t.Fatal("the helper was not asked")
	}
	accepted.withdraw(w)
	drained(t, dialled, stuckBytes)
	wait.Until(t, func() bool { return !isPumping(accepted) && queued(accepted) == 0 }, "the queue is empty and the pump rests")
	w.done()
}

func isPumping(s *Socket) bool {
	s.readyMu.Lock()
	defer s.readyMu.Unlock()
	return s.pumping
}

// TestSecondSenderGoesOnWithoutTheFirst: the first of two blocked Sends runs
// the pump; when it has timed out, somebody else does.
func TestSecondSenderGoesOnWithoutTheFirst(t *testing.T) {
	clock := newManualClock()
	n := newNode(t, Config{Clock: clock})
	accepted, dialled := stuck(t, n, SendTimeout(time.Second))
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- n.NewOwner("first").TCP().Send(accepted, numbers(50<<10)) }()
	wait.Until(t, func() bool { return clock.running() == 1 }, "the first sender waits")
	if err := n.NewOwner("o").TCP().SetOpts(accepted, SendTimeout(Infinity)); err != nil {
		t.Fatal(err)
	}
	go func() { second <- n.NewOwner("second").TCP().Send(accepted, numbers(50<<10)) }()
	wait.Until(t, func() bool { return blockedSenders(accepted) == 2 }, "both wait")
	clock.advance(time.Second)
	wantReason(t, <-first, "timeout")
	drained(t, dialled, stuckBytes+100<<10)
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// TestBlockedSendOfAnActiveSocketDelivers: the pump that a Send runs delivers
// messages as any other does, and the Send does not wait for their end.
func TestBlockedSendOfAnActiveSocketDelivers(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(true), SndBuf(8192))
	send(t, accepted, make([]byte, stuckBytes))
	done := make(chan error, 1)
	go func() { done <- n.NewOwner("sender").TCP().Send(accepted, numbers(50<<10)) }()
	wait.Until(t, func() bool { return blockedSenders(accepted) == 1 }, "the sender waits")
	const words = 50
	for range words {
		send(t, dialled, "word")
	}
	for got := 0; got < words*4; {
		m, err := server.Receive(Infinity)
		if err != nil {
			t.Fatal(err)
		}
		got += len(m.(Data).Payload.Data)
	}
	if blockedSenders(accepted) != 1 {
		t.Error("the Send returned before the peer read")
	}
	drained(t, dialled, stuckBytes+50<<10)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestSteadyStreamAllocatesNothing: of a stream whose payloads are released
// only the messages themselves are left to the collector.
func TestSteadyStreamAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool drop what it is given, at random")
	}
	const piece = 64 << 10
	for _, c := range []struct {
		name   string
		active bool
		most   float64
	}{{"passive", false, 0}, {"active", true, 2}} { // a message, and at times a second for one piece
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t, Config{})
			server, accepted, dialled := pair(t, n, Active(c.active), Buffer(piece))
			client, data := n.NewOwner("client").TCP(), IOData(make([]byte, piece))
			round := func() {
				if err := client.Send(dialled, data); err != nil {
					t.Fatal(err)
				}
				for left := piece; left > 0; {
					var p Payload
					if c.active {
						m, err := server.Receive(Infinity)
						if err != nil {
							t.Fatal(err)
						}
						p = m.(Data).Payload
					} else {
						var err error
						if p, err = server.TCP().Receive(accepted, 0, Infinity); err != nil {
							t.Fatal(err)
						}
					}
					left -= len(p.Data)
					p.Release()
				}
			}
			if per := testing.AllocsPerRun(300, round); per > c.most {
				t.Errorf("%v allocations for each 64 KiB, want %v at most", per, c.most)
			}
		})
	}
}

// suddenRoom is a connection that has no room for two writes, and says during
// the second that it has some now.
type suddenRoom struct {
	NetConn
	notify func()
	writes int
}

func (c *suddenRoom) Notify(f func()) { c.notify = f }

func (c *suddenRoom) TryWrite(p []byte) (int, error) {
	c.writes++
	switch c.writes {
	case 1:
		return 0, syscall.EAGAIN
	case 2:
		c.notify()
		return 0, syscall.EAGAIN
	}
	return len(p), nil
}

// TestRoomDuringAFlushIsNotMissed: the network notifies while a Send does the
// pump's work, just after it has said that there is no room.
func TestRoomDuringAFlushIsNotMissed(t *testing.T) {
	n := newNode(t, Config{})
	s := &Socket{node: n, kind: kindConnection, conn: new(suddenRoom), set: defaultSettings()}
	s.set.active = activeState{}
	send(t, s, "payload")
	wait.Until(t, func() bool { return queued(s) == 0 && !isPumping(s) }, "the queue is sent and the pump rests")
}
