package transporttest

import (
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

// activeCases: semantics 3.
var activeCases = []testCase{
	{"ActiveDeliversMessagesThenClosed", activeDelivers},
	{"ActiveOnceDeliversOneMessage", activeOnce},
	{"ActiveNCountsDownToPassive", activeCounts},
	{"ActiveDeliversWhatWaited", activeDeliversWhatWaited},
	{"PassiveGetsNoMessages", passiveNoMessages},
	{"ActiveResetIsAnErrorThenClosed", activeReset},
}

// wantMessage takes the next message, which must be of type M.
func wantMessage[M transport.Message](t *testing.T, owner *transport.Owner, s *transport.Socket) M {
	t.Helper()
	m, err := owner.Receive(patience)
	if err != nil {
		t.Fatalf("message: %v", err)
	}
	got, ok := m.(M)
	if !ok || m.From() != s {
		t.Fatalf("message %#v, want a %T of %v", m, got, s)
	}
	return got
}

func wantNoMessage(t *testing.T, owner *transport.Owner) {
	t.Helper()
	if m, err := owner.Receive(moment); transport.Reason(err) != "timeout" {
		t.Fatalf("message %#v, %v, want none", m, err)
	}
}

// wantData collects data messages until want is there.
func wantData(t *testing.T, owner *transport.Owner, s *transport.Socket, want string) {
	t.Helper()
	var got []byte
	for len(got) < len(want) {
		got = append(got, wantMessage[transport.Data](t, owner, s).Payload.Data...)
	}
	if string(got) != want {
		t.Fatalf("messages carry %q, want %q", got, want)
	}
}

func activeDelivers(t *testing.T, w *world) {
	server, client := w.pair(t, transport.Active(true))
	send(t, w.client, client, "hello")
	wantData(t, w.server, server, "hello")
	if err := w.client.TCP().Close(client); err != nil {
		t.Fatal(err)
	}
	wantMessage[transport.Closed](t, w.server, server)
	wantReason(t, "send after the message", w.server.TCP().Send(server, "x"), "closed")
	wantNoMessage(t, w.server)
}

func activeOnce(t *testing.T, w *world) {
	server, client := w.pair(t, transport.ActiveOnce(), transport.Packet(transport.PacketLine))
	send(t, w.client, client, "one\ntwo\n")
	if d := wantMessage[transport.Data](t, w.server, server); string(d.Payload.Data) != "one\n" {
		t.Fatalf("%q", d.Payload.Data)
	}
	wantNoMessage(t, w.server)
	wantReceive(t, w.server, server, 0, "two\n")
}

func activeCounts(t *testing.T, w *world) {
	server, client := w.pair(t, transport.ActiveN(2), transport.Packet(transport.PacketLine))
	send(t, w.client, client, "one\ntwo\nthree\n")
	for _, line := range []string{"one\n", "two\n"} {
		if d := wantMessage[transport.Data](t, w.server, server); string(d.Payload.Data) != line {
			t.Fatalf("%q, want %q", d.Payload.Data, line)
		}
	}
	wantMessage[transport.Passive](t, w.server, server)
	wantNoMessage(t, w.server)
	wantReceive(t, w.server, server, 0, "three\n")
}

func activeDeliversWhatWaited(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "early")
	wantNoMessage(t, w.server)
	if err := w.server.TCP().SetOpts(server, transport.Active(true)); err != nil {
		t.Fatal(err)
	}
	wantData(t, w.server, server, "early")
}

func passiveNoMessages(t *testing.T, w *world) {
	_, client := w.pair(t)
	send(t, w.client, client, "x")
	if err := w.client.TCP().Close(client); err != nil {
		t.Fatal(err)
	}
	wantNoMessage(t, w.server)
}

func activeReset(t *testing.T, w *world) {
	server, client := w.pair(t, transport.Active(true), transport.ShowEConnReset(true))
	if err := w.client.TCP().SetOpts(client, transport.Linger(true, 0)); err != nil {
		t.Fatal(err)
	}
	if err := w.client.TCP().Close(client); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "error message", wantMessage[transport.Error](t, w.server, server).Err, "econnreset")
	wantMessage[transport.Closed](t, w.server, server)
}
