package transporttest

import (
	"bytes"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

// ownerCases: semantics 1 and 2.6.
var ownerCases = []testCase{
	{"TheOneWhoAcceptsOwns", acceptorOwns},
	{"OnlyTheOwnerHandsOver", onlyOwnerHandsOver},
	{"HandOverToAnEndedOwnerIsBadarg", handOverToEnded},
	{"HandOverOfAClosedSocketIsClosed", handOverClosed},
	{"QueuedMessagesMoveWithTheSocket", messagesMove},
	{"OwnersEndClosesItsSockets", ownerEndCloses},
	{"OwnersEndFlushesQueuedData", ownerEndFlushes},
	{"ListenersOwnersEndLeavesConnections", listenerOwnerEnds},
}

func acceptorOwns(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	w.connect(t, w.client, l)
	acceptor := w.serverNode.NewOwner("acceptor")
	s := accept(t, acceptor, l)
	if s.Owner() != acceptor {
		t.Fatalf("owner %v, want the acceptor", s.Owner())
	}
}

func onlyOwnerHandsOver(t *testing.T, w *world) {
	server, _ := w.pair(t)
	stranger := w.serverNode.NewOwner("stranger")
	wantReason(t, "hand-over by a stranger", stranger.TCP().ControllingProcess(server, stranger), "not_owner")
	if server.Owner() != w.server {
		t.Fatalf("owner %v after a refused hand-over", server.Owner())
	}
	if err := w.server.TCP().ControllingProcess(server, stranger); err != nil {
		t.Fatalf("hand-over by the owner: %v", err)
	}
	if server.Owner() != stranger {
		t.Fatalf("owner %v, want the new one", server.Owner())
	}
	wantReason(t, "hand-over by the former owner", w.server.TCP().ControllingProcess(server, w.server), "not_owner")
}

func handOverToEnded(t *testing.T, w *world) {
	server, _ := w.pair(t)
	gone := w.serverNode.NewOwner("gone")
	gone.Exit()
	wantReason(t, "hand-over", w.server.TCP().ControllingProcess(server, gone), "badarg")
	if server.Owner() != w.server {
		t.Fatalf("owner %v, want it unchanged", server.Owner())
	}
}

func handOverClosed(t *testing.T, w *world) {
	server, _ := w.pair(t)
	if err := w.server.TCP().Close(server); err != nil {
		t.Fatal(err)
	}
	err := w.serverNode.NewOwner("stranger").TCP().ControllingProcess(server, w.server)
	wantReason(t, "hand-over", err, "closed")
}

// messagesMove: the data messages of that socket move in order, those of
// another socket stay, and what comes later goes to the new owner.
func messagesMove(t *testing.T, w *world) {
	server, client := w.pair(t, transport.Active(true), transport.Packet(transport.PacketLine))
	other, otherClient := w.pair(t, transport.Active(true), transport.Packet(transport.PacketLine))
	send(t, w.client, client, "one\ntwo\n")
	send(t, w.client, otherClient, "stays\n")
	// The message that is taken here shows that what was sent before it has
	// been delivered too, but only per socket: hence one more each.
	send(t, w.client, client, "three\n")
	w.until(t, func() bool { return received(t, w, server) == len("one\ntwo\nthree\n") }, "three messages")
	w.until(t, func() bool { return received(t, w, other) == len("stays\n") }, "the other socket's message")

	heir := w.serverNode.NewOwner("heir")
	if err := w.server.TCP().ControllingProcess(server, heir); err != nil {
		t.Fatal(err)
	}
	send(t, w.client, client, "four\n")
	for _, line := range []string{"one\n", "two\n", "three\n", "four\n"} {
		if d := wantMessage[transport.Data](t, heir, server); string(d.Payload.Data) != line {
			t.Fatalf("the new owner gets %q, want %q", d.Payload.Data, line)
		}
	}
	wantData(t, w.server, other, "stays\n")
	wantNoMessage(t, w.server)
}

// received is how many bytes s has delivered.
func received(t *testing.T, w *world, s *transport.Socket) int {
	t.Helper()
	stats, err := w.server.TCP().GetStat(s, "recv_oct")
	if err != nil || len(stats) != 1 {
		t.Fatalf("getstat: %v, %v", stats, err)
	}
	return int(stats[0].Value)
}

func ownerEndCloses(t *testing.T, w *world) {
	owner := w.serverNode.NewOwner("short-lived")
	l := w.listen(t, owner)
	client := w.connect(t, w.client, l)
	accept(t, owner, l)
	waiting := w.accepting(t, l)
	owner.Exit()
	wantReason(t, "accept of another owner", await(t, w, waiting, "the end of accept").err, "closed")
	_, err := w.client.TCP().Receive(client, 0, patience)
	wantReason(t, "receive of the peer", err, "closed")
}

func ownerEndFlushes(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	client := w.connect(t, w.client, l)
	owner := w.serverNode.NewOwner("short-lived")
	s := accept(t, owner, l)
	data := bytes.Repeat([]byte("flushed!"), 1<<20)
	send(t, owner, s, data)
	owner.Exit()
	got, err := w.client.TCP().Receive(client, len(data), patience)
	if err != nil || !bytes.Equal(got.Data, data) {
		t.Fatalf("%d bytes, %v, want %d", len(got.Data), err, len(data))
	}
	_, err = w.client.TCP().Receive(client, 0, patience)
	wantReason(t, "receive at the end", err, "closed")
}

func listenerOwnerEnds(t *testing.T, w *world) {
	owner := w.serverNode.NewOwner("short-lived")
	l := w.listen(t, owner)
	client := w.connect(t, w.client, l)
	s := accept(t, w.server, l)
	owner.Exit()
	send(t, w.client, client, "still")
	wantReceive(t, w.server, s, 5, "still")
}
