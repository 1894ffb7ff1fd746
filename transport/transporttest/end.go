package transporttest

import (
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

// endCases: semantics 2.7, 2.8 and 6.
var endCases = []testCase{
	{"CloseSendsAllThenTheEnd", closeSendsAll},
	{"CloseTwiceIsOk", closeTwice},
	{"CloseMakesEverythingElseClosed", closeMakesClosed},
	{"CloseWithUnreadDataResets", closeUnread},
	{"ShutdownWriteLeavesReading", shutdownWrite},
	{"ResetIsClosedUnlessAskedFor", resetIsClosed},
	{"ExitOnCloseFalseKeepsSending", exitOnCloseFalse},
}

func closeSendsAll(t *testing.T, w *world) {
	server, client := w.pair(t)
	reading := async(func() (transport.Payload, error) { return w.client.TCP().Receive(client, len(stuck), patience) })
	send(t, w.server, server, stuck)
	if err := w.server.TCP().Close(server); err != nil {
		t.Fatal(err)
	}
	if r := await(t, w, reading, "all data"); r.err != nil || len(r.value.Data) != len(stuck) {
		t.Fatalf("%d bytes, %v", len(r.value.Data), r.err)
	}
	_, err := w.client.TCP().Receive(client, 0, patience)
	wantReason(t, "receive at the end", err, "closed")
}

func closeTwice(t *testing.T, w *world) {
	server, _ := w.pair(t)
	for range 2 {
		if err := w.serverNode.NewOwner("anyone").TCP().Close(server); err != nil {
			t.Fatal(err)
		}
	}
}

func closeMakesClosed(t *testing.T, w *world) {
	server, _ := w.pair(t)
	tcp := w.server.TCP()
	if err := tcp.Close(server); err != nil {
		t.Fatal(err)
	}
	_, receiveErr := tcp.Receive(server, 0, 0)
	_, acceptErr := tcp.Accept(server, 0)
	wantReason(t, "receive", receiveErr, "closed")
	wantReason(t, "accept", acceptErr, "closed")
	wantReason(t, "send", tcp.Send(server, "x"), "closed")
	wantReason(t, "shutdown", tcp.Shutdown(server, transport.ShutdownWrite), "closed")
	_, portErr := tcp.Port(server)
	_, peerErr := tcp.PeerName(server)
	wantReason(t, "port", portErr, "einval")
	wantReason(t, "peername", peerErr, "einval")
	wantReason(t, "setopts", tcp.SetOpts(server, transport.Active(false)), "einval")
}

func closeUnread(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "never read")
	// The first byte read shows that the rest has arrived too.
	wantReceive(t, w.server, server, 1, "n")
	send(t, w.client, client, "not this either")
	w.pass(t, moment)
	if err := w.client.TCP().SetOpts(client, transport.ShowEConnReset(true)); err != nil {
		t.Fatal(err)
	}
	if err := w.server.TCP().Close(server); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.TCP().Receive(client, 0, patience)
	wantReason(t, "receive of the peer", err, "econnreset")
}

func shutdownWrite(t *testing.T, w *world) {
	server, client := w.pair(t)
	tcp := w.server.TCP()
	send(t, w.server, server, "last")
	if err := tcp.Shutdown(server, transport.ShutdownWrite); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "send", tcp.Send(server, "x"), "closed")
	wantReceive(t, w.client, client, 4, "last")
	send(t, w.client, client, "answer")
	wantReceive(t, w.server, server, 6, "answer")
	_, err := w.client.TCP().Receive(client, 0, patience)
	wantReason(t, "receive of the peer", err, "closed")
}

func resetIsClosed(t *testing.T, w *world) {
	for _, c := range []struct {
		show   bool
		reason string
	}{{false, "closed"}, {true, "econnreset"}} {
		server, client := w.pair(t, transport.ShowEConnReset(c.show))
		if err := w.client.TCP().SetOpts(client, transport.Linger(true, 0)); err != nil {
			t.Fatal(err)
		}
		if err := w.client.TCP().Close(client); err != nil {
			t.Fatal(err)
		}
		_, err := w.server.TCP().Receive(server, 0, patience)
		wantReason(t, "receive", err, c.reason)
	}
}

func exitOnCloseFalse(t *testing.T, w *world) {
	server, client := w.pair(t, transport.ExitOnClose(false))
	if err := w.client.TCP().Shutdown(client, transport.ShutdownWrite); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := w.server.TCP().Receive(server, 0, patience)
		wantReason(t, "receive", err, "closed")
	}
	send(t, w.server, server, "still")
	wantReceive(t, w.client, client, 5, "still")
}
