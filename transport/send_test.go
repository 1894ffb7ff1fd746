//go:build linux || darwin || freebsd

package transport

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

func TestFlattenTakesNestedData(t *testing.T) {
	type named []byte
	for _, c := range []struct {
		data IOData
		want string
	}{
		{[]byte("bytes"), "bytes"},
		{"text", "text"},
		{byte('b'), "b"},
		{66, "B"},
		{[][]byte{[]byte("a"), nil, []byte("c")}, "ac"},
		{[]any{"he", []any{108, []byte("l")}, 111}, "hello"},
		{[]IOData{}, ""},
		{[]string{"x", "y"}, "xy"},
		{[]int{65, 66}, "AB"},
		{named("named"), "named"},
	} {
		got, _, err := flatten(c.data)
		if err != nil || string(got) != c.want {
			t.Errorf("flatten(%#v) = %q, %v, want %q", c.data, got, err, c.want)
		}
	}
}

func TestFlattenRefusesWhatIsNoData(t *testing.T) {
	cyclic := make([]any, 1)
	cyclic[0] = cyclic
	for _, data := range []IOData{nil, 256, -1, 1.5, []any{"a", nil}, []int{300}, map[string]int{}, struct{}{}, Atom("atom"), cyclic} {
		if _, _, err := flatten(data); Reason(err) != "einval" {
			t.Errorf("flatten(%T): %v, want einval", data, err)
		}
	}
}

// stuckBytes is far more than the kernel takes for a peer that does not read.
const stuckBytes = 2 << 20

// stuck returns a connection whose queue holds n bytes more than the network
// takes, and its peer.
func stuck(t *testing.T, n *Node, opts ...Option) (accepted, dialled *Socket) {
	t.Helper()
	_, accepted, dialled = pair(t, n, append([]Option{Active(false), SndBuf(8192)}, opts...)...)
	send(t, accepted, make([]byte, stuckBytes))
	if queued(accepted) < stuckBytes/2 {
		t.Fatalf("%d bytes queued", queued(accepted))
	}
	return accepted, dialled
}

// drained reads n bytes.
func drained(t *testing.T, s *Socket, n int) []byte {
	t.Helper()
	p, err := s.node.NewOwner("reader").TCP().Receive(s, n, Infinity)
	if err != nil {
		t.Fatal(err)
	}
	return p.Data
}

func blockedSenders(s *Socket) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue.senders)
}

func TestSendWaitsAboveTheHighWatermark(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := stuck(t, n)
	done := make(chan error, 2)
	for i, word := range []string{"first", "then"} {
		go func() { done <- n.NewOwner(word).TCP().Send(accepted, word) }()
		wait.Until(t, func() bool { return blockedSenders(accepted) == i+1 }, "the sender waits")
	}
	got := drained(t, dialled, stuckBytes+9)
	if !bytes.HasSuffix(got, []byte("firstthen")) {
		t.Errorf("the stream ends with %q", got[len(got)-9:])
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestSendTimedOutStaysQueued(t *testing.T) {
	clock := newManualClock()
	n := newNode(t, Config{Clock: clock})
	accepted, dialled := stuck(t, n, SendTimeout(2*time.Second))
	done := make(chan error, 1)
	go func() { done <- n.NewOwner("late").TCP().Send(accepted, "late") }()
	wait.Until(t, func() bool { return clock.running() == 1 }, "the sender waits")
	clock.advance(2 * time.Second)
	wantReason(t, <-done, "timeout")
	if got := drained(t, dialled, stuckBytes+4); !bytes.HasSuffix(got, []byte("late")) {
		t.Errorf("the stream ends with %q", got[len(got)-4:])
	}
}

// TestSendsThatTimeOutFillNoMemory: without a bound a caller that tries again
// and again would queue a payload each time.
func TestSendsThatTimeOutFillNoMemory(t *testing.T) {
	_, accepted, dialled := pair(t, newNode(t, Config{}), Active(false), SendTimeout(0))
	first := queueBytesMax + 32<<20 // what the kernel takes at once is far less than the rest
	send(t, accepted, make([]byte, first))
	before := queued(accepted)
	for range 3 {
		wantReason(t, accepted.node.NewOwner("late").TCP().Send(accepted, "late"), "timeout")
	}
	if after := queued(accepted); before < queueBytesMax || after > before {
		t.Fatalf("%d bytes queued, %d before", after, before)
	}
	drained(t, dialled, first/2)
	drained(t, dialled, first/2)
	wait.Until(t, func() bool { return queued(accepted) == 0 }, "the queue is empty")
	send(t, accepted, "more")
	if got := drained(t, dialled, 4); string(got) != "more" {
		t.Errorf("%q follows, want what was sent when there was room again", got)
	}
}

func TestRaisedLowWatermarkReleasesSenders(t *testing.T) {
	n := newNode(t, Config{})
	accepted, _ := stuck(t, n)
	done := make(chan error, 1)
	go func() { done <- n.NewOwner("sender").TCP().Send(accepted, "x") }()
	wait.Until(t, func() bool { return blockedSenders(accepted) == 1 }, "the sender waits")
	if err := n.NewOwner("o").TCP().SetOpts(accepted, HighWatermark(32<<20), LowWatermark(16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestBlockedSenderLearnsOfTheClose(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := stuck(t, n)
	done := make(chan error, 1)
	go func() { done <- n.NewOwner("sender").TCP().Send(accepted, "x") }()
	wait.Until(t, func() bool { return blockedSenders(accepted) == 1 }, "the sender waits")
	closed := make(chan error, 1)
	go func() { closed <- n.NewOwner("closer").TCP().Close(accepted) }()
	wantReason(t, <-done, "closed")
	drained(t, dialled, stuckBytes)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestSendDoesNotKeepTheData(t *testing.T) {
	n := newNode(t, Config{})
	_, accepted, dialled := pair(t, n, Active(false), SndBuf(8192))
	data := bytes.Repeat([]byte("a"), stuckBytes)
	send(t, accepted, data)
	clear(data)
	if got := drained(t, dialled, len(data)); bytes.IndexByte(got, 0) >= 0 {
		t.Error("the caller's later bytes were sent")
	}
}
