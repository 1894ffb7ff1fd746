package transport

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"syscall"
	"testing"
)

// pieces is a connection on which each TryRead finds the next piece, none of
// which is an EAGAIN. It counts what it was asked for.
type pieces struct {
	NetConn
	left  [][]byte
	asked []int
}

func (p *pieces) TryRead(buf []byte) (int, error) {
	p.asked = append(p.asked, len(buf))
	if len(p.left) == 0 {
		return 0, syscall.EAGAIN
	}
	n := copy(buf, p.left[0])
	if p.left[0] = p.left[0][n:]; len(p.left[0]) == 0 {
		p.left = p.left[1:]
		if n == 0 {
			return 0, syscall.EAGAIN
		}
	}
	return n, nil
}

// inputSocket returns a passive connection that reads from conn.
func inputSocket(conn NetConn, packet PacketType, buffer int) *Socket {
	s := &Socket{kind: kindConnection, conn: conn, set: defaultSettings()}
	s.set.packet, s.set.buffer = packet, buffer
	return s
}

// numbers returns n bytes of which no two places near each other are alike.
func numbers(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	return out
}

func TestReceiveReadsOnceIntoWhatItReturns(t *testing.T) {
	data := numbers(64 << 10)
	s := inputSocket(&pieces{left: [][]byte{data}}, PacketRaw, len(data))
	p, err := s.readLocked(0)
	if err != nil || !bytes.Equal(p.Data, data) {
		t.Fatalf("%d bytes, %v", len(p.Data), err)
	}
	if p.hold == nil || &p.Data[0] != &p.hold.bytes[0] || s.in.hold != nil {
		t.Error("the packet was copied out of the buffer that it was read into")
	}
}

func TestReceiveStripsTheHeaderInPlace(t *testing.T) {
	body := numbers(60 << 10)
	wire := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	s := inputSocket(&pieces{left: [][]byte{wire}}, Packet4, 64<<10)
	p, err := s.readLocked(0)
	if err != nil || !bytes.Equal(p.Data, body) {
		t.Fatalf("%d bytes, %v", len(p.Data), err)
	}
	if &p.Data[0] != &p.hold.bytes[4] {
		t.Error("the packet was copied")
	}
}

// TestSmallMessagesPinNoLargeBuffers: what a receiver keeps is at most twice
// the packet, whatever the option buffer is.
func TestSmallMessagesPinNoLargeBuffers(t *testing.T) {
	for _, n := range []int{1, 100, 255, 256, 1000, 1460, 20000, 32767, 32768, 65536} {
		s := inputSocket(&pieces{left: [][]byte{numbers(n)}}, PacketRaw, 64<<10)
		p, err := s.readLocked(0)
		if err != nil || len(p.Data) != n {
			t.Fatalf("%d bytes of %d, %v", len(p.Data), n, err)
		}
		pinned := cap(p.Data)
		if p.hold != nil {
			pinned = len(p.hold.bytes)
		}
		if pinned > max(2*n, 64) {
			t.Errorf("a packet of %d bytes pins %d", n, pinned)
		}
		if s.in.hold != nil {
			t.Errorf("the socket keeps a buffer of %d bytes after a packet of %d", len(s.in.hold.bytes), n)
		}
	}
}

// TestUnfinishedPacketsPinLittle: a peer that announces much and sends little
// makes the socket hold little.
func TestUnfinishedPacketsPinLittle(t *testing.T) {
	for _, c := range []struct {
		packet PacketType
		length int
	}{{PacketRaw, 64 << 10}, {PacketRaw, receiveMax}, {Packet4, 0}} {
		conn := &pieces{}
		s := inputSocket(conn, c.packet, 64<<10)
		for sent := 1; sent <= 5000; sent++ {
			conn.left = [][]byte{{0}}
			if c.packet == Packet4 && sent == 1 {
				conn.left = [][]byte{{0, 0xff, 0, 0, 0}} // 16 MiB are announced
			}
			if _, err := s.readLocked(c.length); err != syscall.EAGAIN {
				t.Fatalf("%v after %d bytes", err, sent)
			}
			if held, have := len(s.in.hold.bytes), len(s.in.buf); held > max(4*have, bufferMin) {
				t.Fatalf("%v %d: %d bytes are held for %d", c.packet, c.length, held, have)
			}
		}
	}
}

// TestInputAgainstTheStream cuts a known stream into random pieces, reads it
// with random lengths and packet types, and releases some of what it gets.
func TestInputAgainstTheStream(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var want [][]byte
		var wire []byte
		packet := []PacketType{PacketRaw, Packet2, Packet4}[r.IntN(3)]
		for range 40 {
			p := numbers(1 + r.IntN(1<<r.IntN(16)))
			want = append(want, p)
			switch packet {
			case Packet2:
				wire = binary.BigEndian.AppendUint16(wire, uint16(len(p)))
			case Packet4:
				wire = binary.BigEndian.AppendUint32(wire, uint32(len(p)))
			}
			wire = append(wire, p...)
		}
		conn := &pieces{}
		for len(wire) > 0 {
			n := min(len(wire), r.IntN(1<<r.IntN(17)))
			conn.left = append(conn.left, wire[:n])
			wire = wire[n:]
		}
		checkStream(t, inputSocket(conn, packet, 1+r.IntN(64<<10)), conn, want, r)
	}
}

// checkStream receives want, all that conn has. It keeps some packets to the
// end, to see that nothing has been written over them.
func checkStream(t *testing.T, s *Socket, conn *pieces, want [][]byte, r *rand.Rand) {
	t.Helper()
	var kept []Payload
	var keptWant [][]byte
	for i := 0; i < len(want); {
		length := 0
		if s.set.packet == PacketRaw {
			length = len(want[i])
		}
		p, err := s.readLocked(length)
		if err == syscall.EAGAIN && len(conn.left) > 0 {
			continue
		}
		if err != nil || !bytes.Equal(p.Data, want[i]) {
			t.Fatalf("packet %d: %d bytes, want %d, %v", i, len(p.Data), len(want[i]), err)
		}
		if r.IntN(2) == 0 {
			p.Release()
		} else {
			kept, keptWant = append(kept, p), append(keptWant, want[i])
		}
		i++
	}
	for i, p := range kept {
		if !bytes.Equal(p.Data, keptWant[i]) {
			t.Fatalf("packet %d was overwritten while it was kept", i)
		}
	}
	if s.in.hold != nil {
		t.Errorf("%d bytes are held at the end of the stream", len(s.in.hold.bytes))
	}
}

// TestReadsAskForNoMoreThanIsWanted: what a socket reads ahead would be lost
// to the next owner of the descriptor and to unread data at Close.
func TestReadsAskForNoMoreThanIsWanted(t *testing.T) {
	conn := &pieces{left: [][]byte{numbers(10), nil, numbers(200 << 10)}}
	s := inputSocket(conn, PacketRaw, 1460)
	if _, err := s.readLocked(150 << 10); err != syscall.EAGAIN {
		t.Fatal(err)
	}
	if _, err := s.readLocked(150 << 10); err != nil {
		t.Fatal(err)
	}
	left := 150 << 10
	for i, n := range conn.asked {
		if n > min(left, readChunk) {
			t.Errorf("read %d asked for %d bytes, %d were wanted", i, n, left)
		}
		switch i {
		case 0:
			left -= 10
		case 1:
		default:
			left -= n
		}
	}
}
