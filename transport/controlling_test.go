//go:build linux || darwin || freebsd

package transport

import (
	"bytes"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

// TestHandOverUnderTrafficLosesNothing hands a socket to and fro between two
// owners while the peer sends, and reads the whole stream from the last one.
func TestHandOverUnderTrafficLosesNothing(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(true), Packet(Packet2))
	other := n.NewOwner("other")
	const packets = 5000
	sent := make(chan error, 1)
	go func() {
		tcp := dialled.Owner().TCP()
		for i := range packets {
			if err := tcp.Send(dialled, []byte{0, 2, byte(i >> 8), byte(i)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	owner, next := server, other
	for range 500 {
		if err := owner.TCP().ControllingProcess(accepted, next); err != nil {
			t.Fatal(err)
		}
		owner, next = next, owner
	}
	for i := range packets {
		m, err := owner.Receive(Infinity)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(Data).Payload.Data; !bytes.Equal(got, []byte{byte(i >> 8), byte(i)}) {
			t.Fatalf("packet %d is %v", i, got)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if _, err := next.Receive(0); Reason(err) != "timeout" {
		t.Errorf("the former owner still has a message: %v", err)
	}
}

// TestOnlyTheOwnerMayHandOver: anyone else gets not_owner.
func TestOnlyTheOwnerMayHandOver(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, _ := pair(t, n)
	stranger, dead := n.NewOwner("stranger"), n.NewOwner("dead")
	dead.Exit()
	wantReason(t, stranger.TCP().ControllingProcess(accepted, stranger), "not_owner")
	wantReason(t, stranger.TCP().ControllingProcess(accepted, server), "")
	wantReason(t, server.TCP().ControllingProcess(accepted, dead), "badarg")
	wantReason(t, server.TCP().ControllingProcess(accepted, nil), "badarg")
	wantReason(t, server.TCP().ControllingProcess(accepted, newNode(t, Config{}).NewOwner("elsewhere")), "badarg")
	if accepted.Owner() != server {
		t.Errorf("owner is %v", accepted.Owner())
	}
	_ = server.TCP().Close(accepted)
	wantReason(t, stranger.TCP().ControllingProcess(accepted, stranger), "closed")
}

// TestHandOverMovesDataAndClosed: Passive stays with the old owner.
func TestHandOverMovesDataAndClosed(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, ActiveN(1), ExitOnClose(false))
	send(t, dialled, "x")
	wait.Until(t, func() bool { return mailboxBytes(server) == 2*messageOverhead+1 }, "Data and Passive wait")
	tcp := server.TCP()
	if err := tcp.SetOpts(accepted, ActiveOnce()); err != nil {
		t.Fatal(err)
	}
	_ = tcp.Close(dialled)
	wait.Until(t, func() bool { return mailboxBytes(server) == 3*messageOverhead+1 }, "Closed waits")
	next := n.NewOwner("next")
	if err := tcp.ControllingProcess(accepted, next); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		o *Owner
		m func(Message) bool
	}{{next, isData}, {next, isClosed}, {server, func(m Message) bool { _, ok := m.(Passive); return ok }}} {
		m, err := want.o.Receive(0)
		if err != nil || !want.m(m) {
			t.Errorf("%v got %T, %v", want.o, m, err)
		}
	}
}
