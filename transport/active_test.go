//go:build linux || darwin || freebsd

package transport

import (
	"bytes"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

// sequence is n bytes from which a missing or doubled one would show.
func sequence(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// mailboxBytes is what waits in the mailbox of o.
func mailboxBytes(o *Owner) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.box.bytes
}

func isStopped(s *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// queued is what s has to send.
func queued(s *Socket) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.bytes
}

func TestFullMailboxStopsReadingAndLosesNothing(t *testing.T) {
	const mailboxMax, total = 64 << 10, 16 << 20
	n := newNode(t, Config{MailboxBytesMax: mailboxMax})
	server, accepted, dialled := pair(t, n, Active(true), RecBuf(8192), Buffer(1000))
	want := sequence(total)
	send(t, dialled, want)
	wait.Until(t, func() bool { return isStopped(accepted) }, "reading has stopped")
	if queued(dialled) == 0 {
		t.Error("the sender's queue is empty although nobody reads")
	}
	var got bytes.Buffer
	for got.Len() < total {
		if b := mailboxBytes(server); b > mailboxMax+1000+messageOverhead {
			t.Fatalf("%d bytes in a mailbox for %d", b, mailboxMax)
		}
		m, err := server.Receive(Infinity)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(m.(Data).Payload.Data)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("data lost, doubled or out of order")
	}
	if b := mailboxBytes(server); b != 0 {
		t.Errorf("%d bytes counted in an empty mailbox", b)
	}
}

func TestSelectiveReceiveGoesOnWithAFullMailbox(t *testing.T) {
	n := newNode(t, Config{MailboxBytesMax: 1000})
	server, flooded, flood := pair(t, n, Active(true))
	l := listen(t, server, Active(true))
	quietPeer := dial(t, n.NewOwner("quiet"), l)
	quiet := accept(t, server, l)
	send(t, flood, make([]byte, 1<<20))
	wait.Until(t, func() bool { return isStopped(flooded) }, "reading has stopped")
	for range 3 {
		send(t, quietPeer, "word")
		m, err := server.ReceiveFrom(quiet, Infinity)
		if err != nil || string(m.(Data).Payload.Data) != "word" {
			t.Fatalf("selective receive: %v, %v", m, err)
		}
	}
}

func TestHandOverOfAStoppedSocketGoesOn(t *testing.T) {
	n := newNode(t, Config{MailboxBytesMax: 1000})
	server, accepted, dialled := pair(t, n, Active(true))
	want := sequence(1 << 20)
	send(t, dialled, want)
	wait.Until(t, func() bool { return isStopped(accepted) }, "reading has stopped")
	next := n.NewOwner("next")
	if err := server.TCP().ControllingProcess(accepted, next); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for got.Len() < len(want) {
		m, err := next.Receive(Infinity)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(m.(Data).Payload.Data)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("data lost, doubled or out of order")
	}
	if b := mailboxBytes(server); b != 0 {
		t.Errorf("%d bytes left with the old owner", b)
	}
}

// TestActiveCountsDownToPassive follows "active N: after N data messages
// tcp_passive and false".
func TestActiveCountsDownToPassive(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, ActiveN(2), Packet(Packet1))
	send(t, dialled, "\x01a\x01b\x01c")
	for _, want := range []string{"a", "b"} {
		if m, err := server.Receive(Infinity); err != nil || string(m.(Data).Payload.Data) != want {
			t.Fatalf("got %v, %v, want %q", m, err, want)
		}
	}
	if m, err := server.Receive(Infinity); err != nil || m != (Passive{Socket: accepted}) {
		t.Fatalf("got %v, %v, want Passive", m, err)
	}
	p, err := server.TCP().Receive(accepted, 0, Infinity)
	if err != nil || string(p.Data) != "c" {
		t.Errorf("third packet: %q, %v", p.Data, err)
	}
}

func TestReadingInActiveModeIsAnError(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, _ := pair(t, n, Active(false))
	blocked := make(chan error, 1)
	go func() {
		_, err := n.NewOwner("reader").TCP().Receive(accepted, 0, Infinity)
		blocked <- err
	}()
	wait.Until(t, func() bool { return hasReader(accepted) }, "a reader waits")
	if err := server.TCP().SetOpts(accepted, Active(true)); err != nil {
		t.Fatal(err)
	}
	wantReason(t, <-blocked, "einval")
	_, err := server.TCP().Receive(accepted, 0, 0)
	wantReason(t, err, "einval")
}

func TestActiveSocketWithoutWorkHasNoPump(t *testing.T) {
	n := newNode(t, Config{})
	server, _, dialled := pair(t, n, Active(true))
	send(t, dialled, "x")
	if _, err := server.Receive(Infinity); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool { n.mu.Lock(); defer n.mu.Unlock(); return n.jobs == 0 }, "no pump runs")
}
