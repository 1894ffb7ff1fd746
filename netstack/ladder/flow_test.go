package ladder

import (
	"slices"
	"strings"
	"testing"
)

// passing is one segment that a Flow sees, and what it is to say of it.
type passing struct {
	from    Side
	segment Segment
	bytes   int
	want    Step
}

// follow shows segments to one Flow.
func follow(t *testing.T, all []passing) {
	t.Helper()
	var f Flow
	for i, p := range all {
		got := f.Next(p.from, Packet{Protocol: TCP, Segment: p.segment, Payload: []byte(strings.Repeat("x", p.bytes))})
		same := slices.Equal(got.SACK, p.want.SACK)
		got.SACK, p.want.SACK = nil, nil
		if p.want.Next == 0 {
			p.want.Next = p.want.Seq
		}
		if !same || got.Seq != p.want.Seq || got.Ack != p.want.Ack || got.Next != p.want.Next ||
			got.Window != p.want.Window || got.Again != p.want.Again || got.Text != p.want.Text {
			t.Errorf("segment %d: got %+v, want %+v", i, got, p.want)
		}
	}
}

// sack is a segment with one SACK block.
func sack(s Segment, b Block) Segment {
	s.blocks[0], s.blockCount = b, 1
	return s
}

func TestFlowFindsWhatIsSentAgain(t *testing.T) {
	const a, b = 5000, 7000
	syn := Segment{Flags: SYN, Seq: a, Window: 100, Scales: true, Scale: 3}
	data := func(seq uint32) Segment { return Segment{Flags: ACK, Seq: a + seq, Ack: b + 1, Window: 10} }
	back := func(ack uint32, window uint16) Segment {
		return Segment{Flags: ACK, Seq: b + 1, Ack: a + ack, Window: window}
	}
	follow(t, []passing{
		{Left, syn, 0, Step{Next: 1, Window: 100, Text: "asks for a connection"}},
		{Left, syn, 0, Step{Next: 1, Window: 100, Again: 1, Text: "sent once more"}},
		{Right, Segment{Flags: SYN | ACK, Seq: b, Ack: a + 1, Window: 200, Scales: true, Scale: 1}, 0,
			Step{Ack: 1, Next: 1, Window: 200, Text: "agrees, and asks back"}},
		{Left, data(1), 0, Step{Seq: 1, Ack: 1, Window: 80, Text: "the connection stands"}},
		{Left, data(1), 100, Step{Seq: 1, Ack: 1, Next: 101, Window: 80, Text: "100 bytes of data"}},
		{Left, data(101), 100, Step{Seq: 101, Ack: 1, Next: 201, Window: 80, Text: "100 bytes of data"}},
		{Left, data(201), 100, Step{Seq: 201, Ack: 1, Next: 301, Window: 80, Text: "100 bytes of data"}},
		{Right, back(101, 50), 0, Step{Seq: 1, Ack: 101, Window: 100, Text: "100 bytes have arrived"}},
		{Right, sack(back(101, 50), Block{a + 201, a + 301}), 0,
			Step{Seq: 1, Ack: 101, Window: 100, SACK: []Range{{201, 301}}, Text: "waits for 101, has 201 to 300"}},
		{Right, back(101, 50), 0, Step{Seq: 1, Ack: 101, Window: 100, Text: "waits for 101"}},
		{Left, data(101), 100, Step{Seq: 101, Ack: 1, Next: 201, Window: 80, Again: 100, Text: "sent once more"}},
		{Left, data(251), 100, Step{Seq: 251, Ack: 1, Next: 351, Window: 80, Again: 50, Text: "100 bytes of data, 50 of them once more"}},
		{Right, back(351, 0), 0, Step{Seq: 1, Ack: 351, Text: "250 bytes have arrived, and there is no room for more"}},
		{Right, back(351, 0), 0, Step{Seq: 1, Ack: 351, Text: "there is no room: wait"}},
		{Right, back(351, 5), 0, Step{Seq: 1, Ack: 351, Window: 10, Text: "window update"}},
		{Right, back(351, 5), 0, Step{Seq: 1, Ack: 351, Window: 10, Text: "says the same again"}},
		{Left, data(350), 0, Step{Seq: 350, Ack: 1, Window: 80, Text: "asks whether the other side is there"}},
	})
}

func TestFlowBeginsAnewWithANewSYN(t *testing.T) {
	follow(t, []passing{
		{Left, Segment{Flags: SYN, Seq: 10}, 0, Step{Next: 1, Text: "asks for a connection"}},
		{Right, Segment{Flags: SYN | ACK, Seq: 20, Ack: 11}, 0, Step{Ack: 1, Next: 1, Text: "agrees, and asks back"}},
		{Left, Segment{Flags: ACK, Seq: 11, Ack: 21, Window: 9}, 0, Step{Seq: 1, Ack: 1, Window: 9, Text: "the connection stands"}},
		{Left, Segment{Flags: SYN, Seq: 1000}, 0, Step{Next: 1, Text: "asks for a connection"}},
		{Right, Segment{Flags: SYN | ACK, Seq: 2000, Ack: 1001}, 0, Step{Ack: 1, Next: 1, Text: "agrees, and asks back"}},
		{Left, Segment{Flags: ACK, Seq: 1001, Ack: 2001, Window: 9}, 0, Step{Seq: 1, Ack: 1, Window: 9, Text: "the connection stands"}},
	})
}

// TestFlowGoesOnAfterForgedSYNs puts SYNs and a SYN-ACK that nobody answers
// into an open connection.
func TestFlowGoesOnAfterForgedSYNs(t *testing.T) {
	follow(t, []passing{
		{Left, Segment{Flags: SYN, Seq: 10, Scales: true, Scale: 1}, 0, Step{Next: 1, Text: "asks for a connection"}},
		{Right, Segment{Flags: SYN | ACK, Seq: 20, Ack: 11, Scales: true}, 0, Step{Ack: 1, Next: 1, Text: "agrees, and asks back"}},
		{Left, Segment{Flags: ACK, Seq: 11, Ack: 21, Window: 9}, 0, Step{Seq: 1, Ack: 1, Window: 18, Text: "the connection stands"}},
		{Left, Segment{Flags: ACK, Seq: 11, Ack: 21, Window: 9}, 30, Step{Seq: 1, Ack: 1, Next: 31, Window: 18, Text: "30 bytes of data"}},
		{Left, Segment{Flags: SYN, Seq: 1000}, 0, Step{Next: 1, Text: "asks for a connection"}},
		{Left, Segment{Flags: SYN, Seq: 1000}, 0, Step{Next: 1, Again: 1, Text: "sent once more"}},
		{Right, Segment{Flags: SYN, Seq: 3000}, 0, Step{Next: 1, Text: "asks for a connection"}},
		{Right, Segment{Flags: SYN | ACK, Seq: 25, Ack: 11}, 0, Step{Seq: 5, Ack: 1, Next: 6, Text: "agrees, and asks back"}},
		{Right, Segment{Flags: ACK, Seq: 21, Ack: 41, Window: 9}, 0, Step{Seq: 1, Ack: 31, Window: 9, Text: "30 bytes have arrived"}},
		{Left, Segment{Flags: ACK, Seq: 11, Ack: 21, Window: 9}, 30, Step{Seq: 1, Ack: 1, Next: 31, Window: 18, Again: 30, Text: "sent once more"}},
		{Left, Segment{Flags: SYN, Seq: 7000}, 0, Step{Next: 1, Text: "asks for a connection"}},
		{Right, Segment{Flags: RST | ACK, Ack: 7001}, 0, Step{Seq: 1, Ack: 1, Text: "reset: the connection is gone"}},
	})
}

func TestFlowThatBeganBeforeItWasSeen(t *testing.T) {
	follow(t, []passing{
		{Left, Segment{Flags: ACK, Seq: 500, Ack: 800, Window: 9}, 30, Step{Seq: 1, Ack: 1, Next: 31, Window: 9, Text: "30 bytes of data"}},
		{Right, Segment{Flags: ACK, Seq: 800, Ack: 530, Window: 9}, 0, Step{Seq: 1, Ack: 31, Window: 9, Text: "30 bytes have arrived"}},
	})
}

// TestFlowCountsBeyond32Bits sends 5 GB.
func TestFlowCountsBeyond32Bits(t *testing.T) {
	var f Flow
	f.Next(Left, Packet{Protocol: TCP, Segment: Segment{Flags: SYN, Seq: 1<<32 - 3}})
	const piece = 60_000
	payload := make([]byte, piece)
	for at := int64(1); at < 5_000_000_000; at += piece {
		step := f.Next(Left, Packet{Protocol: TCP, Segment: Segment{Flags: ACK, Seq: uint32(1<<32 - 3 + at)}, Payload: payload})
		if step.Seq != at || step.Again != 0 {
			t.Fatalf("at %d: %+v", at, step)
		}
	}
}

func TestSpansAreBounded(t *testing.T) {
	var all spans
	for i := range int64(1000) {
		if again := all.add(span{10 * i, 10*i + 5}); again != 0 {
			t.Fatalf("piece %d: %d of it again", i, again)
		}
	}
	if len(all) > spansMax {
		t.Errorf("%d spans, at most %d", len(all), spansMax)
	}
	if again := all.add(span{9990, 10_000}); again != 5 {
		t.Errorf("%d of the last piece again, want 5", again)
	}
	if again := all.add(span{0, 20_000}); len(all) != 1 || again < 5000 {
		t.Errorf("%v after all, %d again", all, again)
	}
}
