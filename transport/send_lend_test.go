//go:build linux || darwin || freebsd

package transport

import (
	"bytes"
	"testing"
	"time"
	"unsafe"

	"github.com/seed-731cb71d/warren/test/wait"
)

// wayOut is one way in which a blocked Send ends.
type wayOut struct {
	name    string
	reason  string // of the Send, "" for nil
	opts    []Option
	take    func(t *testing.T, b *blocked) // makes the Send return
	dropped bool                           // what is queued is never sent
}

// blocked is a Send that waits, with all that may end it.
type blocked struct {
	node              *Node
	clock             *manualClock
	server, sender    *Owner // of accepted, of the Send
	accepted, dialled *Socket
	after             []func() // ends what take has left running
}

// lentBytes is more than a chunk for small payloads has room for.
const lentBytes = 100 << 10

var waysOut = []wayOut{
	{name: "room", take: func(t *testing.T, b *blocked) {
		if err := b.server.TCP().SetOpts(b.accepted, HighWatermark(32<<20), LowWatermark(16<<20)); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "timeout", reason: "timeout", opts: []Option{SendTimeout(2 * time.Second)}, take: func(t *testing.T, b *blocked) {
		b.clock.advance(2 * time.Second)
	}},
	{name: "timeout that closes", reason: "timeout", opts: []Option{SendTimeout(2 * time.Second), SendTimeoutClose(true)}, dropped: true,
		take: func(t *testing.T, b *blocked) { b.clock.advance(2 * time.Second) }},
	{name: "close", reason: "closed", take: func(t *testing.T, b *blocked) {
		closed := make(chan error, 1)
		go func() { closed <- b.node.NewOwner("closer").TCP().Close(b.accepted) }()
		b.after = append(b.after, func() { <-closed })
	}},
	{name: "close that resets", reason: "closed", opts: []Option{Linger(true, 0)}, dropped: true, take: func(t *testing.T, b *blocked) {
		if err := b.node.NewOwner("closer").TCP().Close(b.accepted); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "end of the sender", reason: "closed", take: func(t *testing.T, b *blocked) { b.sender.Exit() }},
	{name: "end of the owner", reason: "closed", take: func(t *testing.T, b *blocked) { b.server.Exit() }},
	{name: "shutdown and a raised low watermark", take: func(t *testing.T, b *blocked) {
		tcp := b.node.NewOwner("other").TCP()
		if err := tcp.Shutdown(b.accepted, ShutdownWrite); err != nil {
			t.Fatal(err)
		}
		if err := tcp.SetOpts(b.accepted, HighWatermark(32<<20), LowWatermark(16<<20)); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "another owner", take: func(t *testing.T, b *blocked) {
		heir := b.node.NewOwner("heir")
		if err := b.server.TCP().ControllingProcess(b.accepted, heir); err != nil {
			t.Fatal(err)
		}
		if err := heir.TCP().SetOpts(b.accepted, HighWatermark(32<<20), LowWatermark(16<<20)); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "reset by the peer", reason: "closed", dropped: true, take: func(t *testing.T, b *blocked) {
		if err := b.dialled.node.NewOwner("closer").TCP().SetOpts(b.dialled, Linger(true, 0)); err != nil {
			t.Fatal(err)
		}
		if err := b.dialled.node.NewOwner("closer").TCP().Close(b.dialled); err != nil {
			t.Fatal(err)
		}
	}},
}

// TestBorrowedPayloadIsNeverTouchedAfterSend: whatever ends a Send, from then
// on the queue has nothing of the caller's memory, and what the peer gets is
// what was in it during the call.
func TestBorrowedPayloadIsNeverTouchedAfterSend(t *testing.T) {
	for _, way := range waysOut {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel() // each drains a slow connection
			b := &blocked{clock: newManualClock()}
			b.node = newNode(t, Config{Clock: b.clock})
			b.server, b.accepted, b.dialled = pair(t, b.node, append([]Option{Active(false), SndBuf(8192)}, way.opts...)...)
			first := numbers(stuckBytes)
			send(t, b.accepted, first)
			payload := numbers(lentBytes)
			want := bytes.Clone(payload)

			b.sender = b.node.NewOwner("sender")
			done := make(chan error, 1)
			go func() {
				err := b.sender.TCP().Send(b.accepted, payload)
				for i := range payload {
					payload[i] = 'X'
				}
				done <- err
			}()
			wait.Until(t, func() bool { return blockedSenders(b.accepted) == 1 && lent(b.accepted, payload) }, "the sender waits and has lent its payload")
			way.take(t, b)
			wantReason(t, <-done, way.reason)
			if lent(b.accepted, payload) {
				t.Error("the queue has the caller's memory after Send")
			}
			if !way.dropped {
				got := drained(t, b.dialled, len(first)+len(want))
				if !bytes.Equal(got[:len(first)], first) || !bytes.Equal(got[len(first):], want) {
					t.Error("the peer got other bytes than were sent")
				}
			}
			for _, f := range b.after {
				f()
			}
		})
	}
}

// lent reports whether a part of payload is in the queue of s itself.
func lent(s *Socket, payload []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := uintptr(unsafe.Pointer(unsafe.SliceData(payload)))
	for _, c := range s.queue.chunks[:cap(s.queue.chunks)] {
		at := uintptr(unsafe.Pointer(unsafe.SliceData(c.data)))
		if at >= from && at < from+uintptr(len(payload)) || c.lender != nil {
			return true
		}
	}
	return false
}

// TestBorrowedPayloadIsNotGatheredInto: a small payload that follows a lent one
// goes behind it without writing into the lender's slice.
func TestBorrowedPayloadIsNotGatheredInto(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := stuck(t, n)
	fill := numbers(chunkMax) // nothing gathers with it
	send := func(payload []byte, waiting int) <-chan error {
		done := make(chan error, 1)
		go func() { done <- n.NewOwner("sender").TCP().Send(accepted, payload) }()
		wait.Until(t, func() bool { return blockedSenders(accepted) == waiting }, "the sender waits")
		return done
	}
	zeroth := send(fill, 1)
	room := bytes.Repeat([]byte{'.'}, 200)
	first := send(room[:100], 2)
	second := send([]byte("second"), 3)
	accepted.mu.Lock()
	if room[100] != '.' {
		t.Error("the queue wrote into the caller's memory")
	}
	accepted.mu.Unlock()
	got := drained(t, dialled, stuckBytes+len(fill)+100+len("second"))
	for _, done := range []<-chan error{zeroth, first, second} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if want := append(bytes.Repeat([]byte{'.'}, 100), "second"...); !bytes.HasSuffix(got, want) {
		t.Errorf("the stream ends with %q", got[len(got)-len(want):])
	}
}

// TestSendFromManyLenders: senders in a row write over their slices as soon as
// Send returns, while the peer checks every byte. It is for the race detector
// as much as for the check.
func TestSendFromManyLenders(t *testing.T) {
	const senders, rounds = 4, 60
	n := newNode(t, Config{})
	_, accepted, dialled := pair(t, n, Active(false), SndBuf(8192), Packet(Packet4))
	if err := n.NewOwner("o").TCP().SetOpts(dialled, Packet(Packet4)); err != nil {
		t.Fatal(err)
	}
	if err := n.NewOwner("o").TCP().SetOpts(accepted, Packet(PacketRaw)); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, senders)
	for k := range senders {
		go func() {
			tcp := n.NewOwner("sender").TCP()
			buf := make([]byte, 4+30000)
			for i := range rounds {
				size := 1 + (i*7919+k*104729)%30000
				copy(buf, []byte{0, 0, byte(size >> 8), byte(size)})
				for j := range size {
					buf[4+j] = byte(k)
				}
				if err := tcp.Send(accepted, buf[:4+size]); err != nil {
					errs <- err
					return
				}
				clear(buf)
			}
			errs <- nil
		}()
	}
	reader := n.NewOwner("reader").TCP()
	for range senders * rounds {
		p, err := reader.Receive(dialled, 0, Infinity)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Data {
			if c != p.Data[0] {
				t.Fatalf("a payload of %d has a byte of %d", p.Data[0], c)
			}
		}
		p.Release()
	}
	for range senders {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
