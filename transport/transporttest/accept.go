package transporttest

import (
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

// acceptCases: semantics 2.3.
var acceptCases = []testCase{
	{"AcceptZeroPolls", acceptZeroPolls},
	{"AcceptServesConnectionsInOrder", acceptConnectionsInOrder},
	{"AcceptServesWaitersInOrder", acceptWaitersInOrder},
	{"AcceptWaiterThatTimedOutLosesNoConnection", acceptTimedOutWaiter},
	{"AcceptIsClosedWithTheListener", acceptClosed},
	{"AcceptOnAConnectionIsEinval", acceptOnConnection},
	{"AcceptGivesTheListenersOptionsOfThatMoment", acceptInherits},
	{"SystemLimitKeepsTheConnectionQueued", systemLimitKeeps},
	{"CloseOfTheListenerResetsTheQueued", closeResetsQueued},
}

func acceptZeroPolls(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	_, err := w.server.TCP().Accept(l, 0)
	wantReason(t, "accept", err, "timeout")
	w.connect(t, w.client, l)
	w.until(t, func() bool {
		_, err := w.server.TCP().Accept(l, 0)
		return err == nil
	}, "accept(0) takes the queued connection")
}

func acceptConnectionsInOrder(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	words := []string{"first", "second", "third"}
	for _, word := range words {
		send(t, w.client, w.connect(t, w.client, l), word)
		w.settle(t)
	}
	for _, word := range words {
		wantReceive(t, w.server, accept(t, w.server, l), len(word), word)
	}
}

// accepting starts an Accept and waits until it is in the line, which shows
// in nothing but time.
func (w *world) accepting(t *testing.T, l *transport.Socket) <-chan result[*transport.Socket] {
	t.Helper()
	ch := async(func() (*transport.Socket, error) { return w.server.TCP().Accept(l, patience) })
	wantPending(t, w, ch, "accept")
	return ch
}

func acceptWaitersInOrder(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	first, second := w.accepting(t, l), w.accepting(t, l)
	w.connect(t, w.client, l)
	if r := await(t, w, first, "the first waiter's connection"); r.err != nil {
		t.Fatal(r.err)
	}
	wantPending(t, w, second, "the second waiter")
	w.connect(t, w.client, l)
	if r := await(t, w, second, "the second waiter's connection"); r.err != nil {
		t.Fatal(r.err)
	}
}

func acceptTimedOutWaiter(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	_, err := w.server.TCP().Accept(l, moment)
	wantReason(t, "accept", err, "timeout")
	w.connect(t, w.client, l)
	accept(t, w.server, l)
}

func acceptClosed(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	waiting := w.accepting(t, l)
	if err := w.serverNode.NewOwner("stranger").TCP().Close(l); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "accept that waited", await(t, w, waiting, "the end of accept").err, "closed")
	_, err := w.server.TCP().Accept(l, 0)
	wantReason(t, "accept afterwards", err, "closed")
}

func acceptOnConnection(t *testing.T, w *world) {
	server, _ := w.pair(t)
	_, err := w.server.TCP().Accept(server, 0)
	wantReason(t, "accept", err, "einval")
}

func acceptInherits(t *testing.T, w *world) {
	l := w.listen(t, w.server, transport.Packet(transport.Packet4))
	w.connect(t, w.client, l)
	if err := w.server.TCP().SetOpts(l, transport.Packet(transport.Packet2), transport.NoDelay(true)); err != nil {
		t.Fatal(err)
	}
	s := accept(t, w.server, l)
	if err := w.server.TCP().SetOpts(l, transport.Packet(transport.Packet1)); err != nil {
		t.Fatal(err)
	}
	got, err := w.server.TCP().GetOpts(s, "packet", "nodelay", "active")
	if err != nil || len(got) != 3 {
		t.Fatalf("getopts: %v, %v", got, err)
	}
	want := []transport.Option{transport.Packet(transport.Packet2), transport.NoDelay(true), transport.Active(false)}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}

// systemLimitKeeps: the decided deviation, on every arm.
func systemLimitKeeps(t *testing.T, w *world) {
	owner := w.node(t, w.Server, 2).NewOwner("limited")
	l := w.listen(t, owner)
	for _, word := range []string{"one", "two"} {
		send(t, w.client, w.connect(t, w.client, l), word)
		w.settle(t)
	}
	first := accept(t, owner, l)
	var err error
	w.until(t, func() bool {
		_, err = owner.TCP().Accept(l, 0)
		return transport.Reason(err) != "timeout"
	}, "accept beyond the limit")
	wantReason(t, "accept beyond the limit", err, "system_limit")
	wantReceive(t, owner, first, 3, "one")
	if err := owner.TCP().Close(first); err != nil {
		t.Fatal(err)
	}
	wantReceive(t, owner, accept(t, owner, l), 3, "two")
}

func closeResetsQueued(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	s := w.connect(t, w.client, l, transport.ShowEConnReset(true))
	if err := w.server.TCP().Close(l); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.TCP().Receive(s, 0, patience)
	wantReason(t, "receive", err, "econnreset")
}
