package netstack

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// testSegment is a TCP segment as the filter sees it.
type testSegment struct {
	name     string // what a test expects to come out
	port     uint16
	seq, ack uint32
	flags    byte
	data     int
	options  []byte
	ipv6     bool
}

// timestamps are the options of nearly every segment of the stack below.
func timestamps() []byte {
	return append(binary.BigEndian.AppendUint32(nil, bareTimestamps), make([]byte, 8)...)
}

func (s testSegment) packet() *Packet {
	ip := make([]byte, ipv4HeadBytes)
	if s.ipv6 {
		ip = make([]byte, ipv6HeadBytes)
		ip[0], ip[ipv6NextAt] = 0x60, protocolTCP
		binary.BigEndian.PutUint16(ip[ipv6PayloadAt:], uint16(tcpHeadMin+len(s.options)+s.data))
		ip[ipv6SourceAt] = 0x20
	} else {
		ip[0], ip[ipv4ProtocolAt] = 0x45, protocolTCP
		binary.BigEndian.PutUint16(ip[ipv4TotalAt:], uint16(ipv4HeadBytes+tcpHeadMin+len(s.options)+s.data))
		ip[ipv4SourceAt] = 192
	}
	tcp := make([]byte, tcpHeadMin)
	binary.BigEndian.PutUint16(tcp, s.port)
	binary.BigEndian.PutUint32(tcp[tcpSeqAt:], s.seq)
	binary.BigEndian.PutUint32(tcp[tcpAckAt:], s.ack)
	tcp[tcpOffsetAt] = byte(tcpHeadMin+len(s.options)) / 4 << 4
	tcp[tcpFlagsAt] = s.flags
	return newPacketOf(slices.Concat(ip, tcp, s.options, make([]byte, s.data)))
}

func TestPipeLeavesOutSuperfluousAcknowledgements(t *testing.T) {
	const ack, push = tcpACK, tcpACK | tcpPSH
	syn := testSegment{name: "syn", flags: tcpSYN}
	for _, c := range []struct {
		name string
		sent []testSegment
		want []string
	}{
		{"for data", []testSegment{syn, {name: "a", seq: 1, ack: 9, flags: ack}, {name: "d", seq: 1, ack: 9, flags: push, data: 5}}, []string{"syn", "d"}},
		{"for a later one", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "b", ack: 10, flags: ack}}, []string{"syn", "b"}},
		{"for FIN", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "f", ack: 9, flags: ack | tcpFIN}}, []string{"syn", "f"}},
		{"across the wrap", []testSegment{{name: "s", ack: 1<<32 - 9, flags: tcpSYN | ack}, {name: "a", ack: 1<<32 - 1, flags: ack}, {name: "b", ack: 3, flags: ack}}, []string{"s", "b"}},
		{"with timestamps", []testSegment{syn, {name: "a", ack: 9, flags: ack, options: timestamps()}, {name: "d", ack: 9, flags: push, data: 5, options: timestamps()}}, []string{"syn", "d"}},
		{"over IPv6", []testSegment{{name: "syn", flags: tcpSYN, ipv6: true}, {name: "a", ack: 9, flags: ack, ipv6: true}, {name: "d", ack: 9, flags: push, data: 5, ipv6: true}}, []string{"syn", "d"}},
		{"behind another connection's", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "x", port: 7, ack: 9, flags: push, data: 1}, {name: "d", ack: 9, flags: push, data: 5}}, []string{"syn", "x", "d"}},

		{"not for another connection", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "x", port: 7, ack: 9, flags: push, data: 1}}, []string{"syn", "a", "x"}},
		{"not for an earlier one", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "d", ack: 8, flags: push, data: 1}}, []string{"syn", "a", "d"}},
		{"not for a reset", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "r", ack: 9, flags: ack | tcpRST}}, []string{"syn", "a", "r"}},
		{"not duplicates", []testSegment{syn, {name: "a", ack: 9, flags: ack}, {name: "b", ack: 9, flags: ack}, {name: "c", ack: 9, flags: ack}, {name: "d", ack: 9, flags: push, data: 1}}, []string{"syn", "a", "b", "c", "d"}},
		{"not with SACK", []testSegment{syn, {name: "a", ack: 9, flags: ack, options: append(timestamps(), 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0)}, {name: "d", ack: 9, flags: push, data: 1}}, []string{"syn", "a", "d"}},
		{"not an option that is not timestamps", []testSegment{syn, {name: "a", ack: 9, flags: ack, options: []byte{1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0}}, {name: "d", ack: 9, flags: push, data: 1}}, []string{"syn", "a", "d"}},
		{"not a probe", []testSegment{syn, {name: "a", seq: 4, ack: 9, flags: ack}, {name: "d", seq: 5, ack: 9, flags: push, data: 1}}, []string{"syn", "a", "d"}},
		{"not FIN", []testSegment{syn, {name: "f", ack: 9, flags: ack | tcpFIN}, {name: "b", seq: 1, ack: 10, flags: ack}}, []string{"syn", "f", "b"}},
		{"not of a connection whose past is unknown", []testSegment{{name: "a", ack: 9, flags: ack}, {name: "d", ack: 9, flags: push, data: 1}}, []string{"a", "d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := throughQueue(t, c.sent); !slices.Equal(got, c.want) {
				t.Errorf("out came %q, want %q", got, c.want)
			}
		})
	}
}

// throughQueue puts segments into one queue and says which are left.
func throughQueue(t *testing.T, sent []testSegment) (left []string) {
	t.Helper()
	before := packetsLive.Load()
	var q pipeQueue
	q.open()
	names := make(map[*Packet]string)
	for _, s := range sent {
		p := s.packet()
		names[p] = s.name
		if !q.put(p) {
			t.Fatal("the queue is full")
		}
	}
	waiting := q.waiting()
	batch := q.take()
	for _, p := range batch.pkts {
		left = append(left, names[p])
	}
	if waiting != len(left) || !q.empty() {
		t.Errorf("%d packets waited, %d came out, %d wait still", waiting, len(left), q.waiting())
	}
	releaseAll(batch.pkts)
	batch.giveBack()
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live", live)
	}
	return left
}

func TestPipeForgetsAcknowledgementsItHasDelivered(t *testing.T) {
	var q pipeQueue
	q.open()
	put := func(s testSegment) {
		t.Helper()
		if !q.put(s.packet()) {
			t.Fatal("the queue is full")
		}
	}
	put(testSegment{flags: tcpSYN})
	put(testSegment{ack: 9, flags: tcpACK})
	first := q.take()
	put(testSegment{port: 7, flags: tcpSYN})
	put(testSegment{port: 8, flags: tcpSYN})
	put(testSegment{ack: 9, flags: tcpACK, data: 1}) // its acknowledgement is not in this batch
	second := q.take()
	if len(first.pkts) != 2 || len(second.pkts) != 3 {
		t.Errorf("batches of %d and %d packets, want 2 and 3", len(first.pkts), len(second.pkts))
	}
	releaseAll(first.pkts)
	releaseAll(second.pkts)
}

func TestPipeHasRoomForWindowsOfTCP(t *testing.T) {
	a, b := Pipe(1500)
	defer b.Close()
	for i := range uint32(pipeSegmentsMax) {
		n, err := a.Send([]*Packet{testSegment{seq: i, flags: tcpACK, data: 1}.packet()})
		if n != 1 || err != nil {
			t.Fatalf("segment %d: %d, %v", i, n, err)
		}
	}
	n, err := a.Send([]*Packet{testSegment{flags: tcpACK, data: 1}.packet()})
	if n != 0 || err != nil {
		t.Errorf("one segment more than there is room for: %d, %v; want 0 and no error", n, err)
	}
	if n, err = a.Send([]*Packet{NewPacket(1)}); n != 1 || err != nil {
		t.Errorf("another packet beside them: %d, %v; want 1", n, err)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

// TestPipeBoundsAcknowledgements sends many of which each makes the one before
// superfluous, to an end that nobody empties.
func TestPipeBoundsAcknowledgements(t *testing.T) {
	var q pipeQueue
	q.open()
	taken := 0
	for i := range uint32(2 * pipeSegmentsMax) {
		s := testSegment{ack: i, flags: tcpACK}
		if i == 0 {
			s.flags |= tcpSYN
		}
		if p := s.packet(); q.put(p) {
			taken++
		} else {
			p.Release()
		}
	}
	if taken != pipeSegmentsMax || q.waiting() != 2 || len(q.batch.pkts) > pipeSegmentsMax {
		t.Errorf("%d segments were taken and %d wait in %d places, want %d, 2 and no more places than that", taken, q.waiting(), len(q.batch.pkts), pipeSegmentsMax)
	}
	batch := q.take()
	releaseAll(batch.pkts)
	batch.giveBack()
}
