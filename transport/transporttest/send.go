package transporttest

import (
	"bytes"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

// sendCases: semantics 2.5, the queue model.
var sendCases = []testCase{
	{"SendTakesNestedChunks", sendNested},
	{"SendOnAnEmptyQueueTakesAnySize", sendTakesAnySize},
	{"SendThatTimedOutIsStillDelivered", sendTimedOutIsDelivered},
	{"SendGoesOnWhenThePeerReads", sendGoesOn},
}

func sendNested(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.server, server, []any{[]byte("ab"), "cd", byte('e'), []any{int('f'), []byte("g")}})
	wantReceive(t, w.client, client, 7, "abcdefg")
	send(t, w.server, server, "")
	wantReason(t, "send of 256", w.server.TCP().Send(server, []any{256}), "einval")
}

// stuck is more than the buffers of two networks hold.
var stuck = bytes.Repeat([]byte("0123456789abcdef"), 1<<20)

// stuckPair is a pair whose server's queue is not empty, because the client
// does not read.
func stuckPair(t *testing.T, w *world, opts ...transport.Option) (server, client *transport.Socket) {
	t.Helper()
	server, client = w.pair(t, opts...)
	send(t, w.server, server, stuck)
	return server, client
}

func sendTakesAnySize(t *testing.T, w *world) {
	server, client := stuckPair(t, w)
	got, err := w.client.TCP().Receive(client, len(stuck), patience)
	if err != nil || !bytes.Equal(got.Data, stuck) {
		t.Fatalf("%d bytes, %v, want %d", len(got.Data), err, len(stuck))
	}
	send(t, w.server, server, "more")
	wantReceive(t, w.client, client, 4, "more")
}

func sendTimedOutIsDelivered(t *testing.T, w *world) {
	server, client := stuckPair(t, w, transport.SendTimeout(moment))
	wantReason(t, "send to a peer that does not read", w.server.TCP().Send(server, "late"), "timeout")
	got, err := w.client.TCP().Receive(client, len(stuck)+4, patience)
	if err != nil || !bytes.HasSuffix(got.Data, []byte("late")) {
		t.Fatalf("%d bytes, %v, want all and the payload that timed out", len(got.Data), err)
	}
}

func sendGoesOn(t *testing.T, w *world) {
	server, client := stuckPair(t, w)
	blocked := async(func() (struct{}, error) { return struct{}{}, w.server.TCP().Send(server, "next") })
	wantPending(t, w, blocked, "send to a peer that does not read")
	got, err := w.client.TCP().Receive(client, len(stuck)+4, patience)
	if err != nil || !bytes.HasSuffix(got.Data, []byte("next")) {
		t.Fatalf("%d bytes, %v", len(got.Data), err)
	}
	if r := await(t, w, blocked, "the blocked send"); r.err != nil {
		t.Fatalf("the blocked send: %v", r.err)
	}
}
