package transporttest

import (
	"bytes"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

// receiveCases: semantics 2.4 and 5.
var receiveCases = []testCase{
	{"ReceiveZeroTakesWhatIsThere", receiveZero},
	{"ReceiveNTakesExactlyN", receiveExactly},
	{"ReceiveThatTimedOutLeavesTheData", receiveTimeoutKeeps},
	{"ReceiveZeroTimeoutPolls", receivePolls},
	{"ReceiveAtTheEndDiscardsAShortRemainder", receiveShortRemainder},
	{"ReceiveTwiceAtOnceIsEalready", receiveTwice},
	{"ReceiveInActiveModeIsEinval", receiveInActiveMode},
	{"ReceiveByAnotherOwnerIsAllowed", receiveByStranger},
	{"ReceiveEndsWhenTheSocketIsClosed", receiveClosedMeanwhile},
	{"ReceiveOfAPacketStripsItsHeader", receivePacket},
	{"ClosedIsSaidOnceThenEnotconn", closedThenEnotconn},
	{"PassiveDataStaysInTheNetwork", passiveDataStays},
}

func receiveZero(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "some bytes")
	var got []byte
	for len(got) < len("some bytes") {
		p, err := w.server.TCP().Receive(server, 0, patience)
		if err != nil || len(p.Data) == 0 {
			t.Fatalf("receive(0): %q, %v", p.Data, err)
		}
		got = append(got, p.Data...)
	}
	if string(got) != "some bytes" {
		t.Fatalf("%q", got)
	}
}

func receiveExactly(t *testing.T, w *world) {
	server, client := w.pair(t)
	big := bytes.Repeat([]byte("0123456789abcdef"), 8192)
	send(t, w.client, client, "ab")
	send(t, w.client, client, "cde")
	send(t, w.client, client, big)
	wantReceive(t, w.server, server, 4, "abcd")
	wantReceive(t, w.server, server, 1, "e")
	wantReceive(t, w.server, server, len(big), string(big))
}

func receiveTimeoutKeeps(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "abc")
	_, err := w.server.TCP().Receive(server, 5, moment)
	wantReason(t, "receive(5) of 3 bytes", err, "timeout")
	send(t, w.client, client, "de")
	wantReceive(t, w.server, server, 5, "abcde")
}

func receivePolls(t *testing.T, w *world) {
	server, client := w.pair(t)
	_, err := w.server.TCP().Receive(server, 0, 0)
	wantReason(t, "receive", err, "timeout")
	send(t, w.client, client, "x")
	w.until(t, func() bool {
		_, err := w.server.TCP().Receive(server, 0, 0)
		return err == nil
	}, "receive with timeout 0 takes the byte")
}

func receiveShortRemainder(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "abc")
	if err := w.client.TCP().Close(client); err != nil {
		t.Fatal(err)
	}
	_, err := w.server.TCP().Receive(server, 5, patience)
	wantReason(t, "receive(5) of 3 bytes and the end", err, "closed")
	_, err = w.server.TCP().Receive(server, 0, 0)
	wantReason(t, "receive afterwards", err, "enotconn", "closed")
}

func receiveTwice(t *testing.T, w *world) {
	server, client := w.pair(t)
	first := async(func() (transport.Payload, error) { return w.server.TCP().Receive(server, 2, patience) })
	wantPending(t, w, first, "receive")
	_, err := w.server.TCP().Receive(server, 0, patience)
	wantReason(t, "second receive", err, "ealready")
	send(t, w.client, client, "ok")
	if r := await(t, w, first, "the first receive"); r.err != nil || string(r.value.Data) != "ok" {
		t.Fatalf("first receive: %q, %v", r.value.Data, r.err)
	}
}

func receiveInActiveMode(t *testing.T, w *world) {
	server, _ := w.pair(t)
	for _, active := range []transport.Option{transport.Active(true), transport.ActiveOnce(), transport.ActiveN(3)} {
		if err := w.server.TCP().SetOpts(server, active); err != nil {
			t.Fatal(err)
		}
		_, err := w.server.TCP().Receive(server, 0, 0)
		wantReason(t, active.String(), err, "einval")
	}
}

func receiveByStranger(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "x")
	wantReceive(t, w.serverNode.NewOwner("stranger"), server, 1, "x")
}

func receiveClosedMeanwhile(t *testing.T, w *world) {
	server, _ := w.pair(t)
	pending := async(func() (transport.Payload, error) { return w.server.TCP().Receive(server, 0, patience) })
	wantPending(t, w, pending, "receive")
	if err := w.server.TCP().Close(server); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "receive", await(t, w, pending, "the end of receive").err, "closed")
}

func receivePacket(t *testing.T, w *world) {
	server, client := w.pair(t, transport.Packet(transport.Packet4))
	send(t, w.client, client, "\x00\x00\x00\x05hel")
	_, err := w.server.TCP().Receive(server, 0, moment)
	wantReason(t, "receive of half a packet", err, "timeout")
	send(t, w.client, client, "lo\x00\x00\x00\x00")
	wantReceive(t, w.server, server, 0, "hello")
	wantReceive(t, w.server, server, 0, "")
	_, err = w.server.TCP().Receive(server, 3, 0)
	wantReason(t, "receive(3) of packets", err, "einval")
	send(t, w.server, server, "re")
	wantReceive(t, w.client, client, 6, "\x00\x00\x00\x02re")
}

// closedThenEnotconn: the contract also allows closed each time.
func closedThenEnotconn(t *testing.T, w *world) {
	server, client := w.pair(t)
	send(t, w.client, client, "last")
	if err := w.client.TCP().Close(client); err != nil {
		t.Fatal(err)
	}
	tcp := w.server.TCP()
	wantReceive(t, w.server, server, 4, "last")
	_, err := tcp.Receive(server, 0, patience)
	wantReason(t, "receive at the end", err, "closed")
	_, err = tcp.Receive(server, 0, patience)
	wantReason(t, "receive after the end", err, "enotconn", "closed")
	wantReason(t, "send after the end", tcp.Send(server, "x"), "closed")
	wantReason(t, "send once more", tcp.Send(server, "x"), "enotconn", "closed")
	if err := tcp.Close(server); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// passiveDataStays shows that nobody reads a passive socket ahead of a
// request: what the peer can send is bounded by the two networks' buffers,
// and data that was never asked for makes Close a reset.
func passiveDataStays(t *testing.T, w *world) {
	const farBeyondBuffers = 128 << 20
	server, client := w.pair(t)
	opts := []transport.Option{transport.SendTimeout(moment), transport.HighWatermark(1), transport.ShowEConnReset(true)}
	if err := w.client.TCP().SetOpts(client, opts...); err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	// One timeout alone may only say that the machine is busy.
	for sent, stalled := 0, 0; stalled < 5; sent += len(chunk) {
		if sent > farBeyondBuffers {
			t.Fatalf("%d bytes were taken from a peer that nobody reads", sent)
		}
		if err := w.client.TCP().Send(client, chunk); err == nil {
			stalled = 0
		} else {
			wantReason(t, "send", err, "timeout")
			stalled++
		}
	}
	if err := w.server.TCP().Close(server); err != nil {
		t.Fatal(err)
	}
	var err error
	w.until(t, func() bool {
		_, err = w.client.TCP().Receive(client, 0, 0)
		return transport.Reason(err) != "timeout"
	}, "the reset")
	wantReason(t, "receive of the peer", err, "econnreset")
}
