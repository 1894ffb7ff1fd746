package netstack

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// cutDatagram is a UDP datagram to port 53 of the stack of a rawPeer, for tests to
// cut into fragments.
type cutDatagram struct {
	ipv6 bool
	id   uint32
	udp  []byte // header without a checksum, and payload
}

func newDatagram(v6 bool, id uint32, payload int) cutDatagram {
	udp := make([]byte, 8+payload)
	binary.BigEndian.PutUint16(udp, 9)
	binary.BigEndian.PutUint16(udp[2:], 53)
	binary.BigEndian.PutUint16(udp[4:], uint16(len(udp)))
	binary.BigEndian.PutUint32(udp[8:], id)
	if v6 {
		src, dst := netip.MustParseAddr("2001:db8::2").As16(), netip.MustParseAddr("2001:db8::1").As16()
		pseudo := append(append(src[:], dst[:]...), 0, 0, 0, 0, 0, 0, 0, 17)
		binary.BigEndian.PutUint32(pseudo[32:], uint32(len(udp)))
		at := len(pseudo) + 6
		pseudo = append(pseudo, udp...)
		checksumInto(pseudo, at)
		copy(udp[6:], pseudo[at:at+2])
	}
	return cutDatagram{v6, id, udp}
}

// fragment is the packet with the bytes from first to end; the last one if that
// is the datagram's end.
func (d cutDatagram) fragment(first, end int) []byte {
	more := end < len(d.udp)
	if d.ipv6 {
		b := make([]byte, 48, 48+end-first)
		b[0], b[6], b[7], b[40] = 0x60, 44, 64, 17
		binary.BigEndian.PutUint16(b[4:], uint16(8+end-first))
		src, dst := netip.MustParseAddr("2001:db8::2").As16(), netip.MustParseAddr("2001:db8::1").As16()
		copy(b[8:], src[:])
		copy(b[24:], dst[:])
		bits := uint16(first)
		if more {
			bits |= 1
		}
		binary.BigEndian.PutUint16(b[42:], bits)
		binary.BigEndian.PutUint32(b[44:], d.id)
		return append(b, d.udp[first:end]...)
	}
	b := make([]byte, 20, 20+end-first)
	b[0], b[8], b[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(b[2:], uint16(20+end-first))
	binary.BigEndian.PutUint16(b[4:], uint16(d.id))
	bits := uint16(first / 8)
	if more {
		bits |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], bits)
	copy(b[12:], []byte{192, 0, 2, 2, 192, 0, 2, 1})
	checksumInto(b, 10)
	return append(b, d.udp[first:end]...)
}

// reassemblyBed is a stack with a socket that gets what was put together.
type reassemblyBed struct {
	t     *testing.T
	s     *Stack
	peer  *rawPeer
	clock *eventClock
	conn  *PacketConn
}

func newReassemblyBed(t *testing.T) *reassemblyBed {
	s, peer := newRawPeer(t, Config{})
	c, err := s.ListenUDP(t.Context(), netip.MustParseAddrPort("[::]:53"), PacketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadBuffer(4 << 20)
	return &reassemblyBed{t, s, peer, s.cfg.Clock.(*eventClock), c}
}

func (b *reassemblyBed) deliver(packet []byte) {
	pkt := NewPacket(len(packet))
	fill(pkt, packet)
	b.peer.receiver.Deliver([]*Packet{pkt})
}

// received are the ids of the datagrams that have come.
func (b *reassemblyBed) received() (ids []uint32) {
	b.s.Settle()
	buf := make([]byte, 65536)
	for range b.s.Stats().UDP.PacketsIn {
		b.conn.SetReadDeadline(b.clock.Now().Add(time.Nanosecond))
		n, err := b.conn.Read(buf)
		if err != nil || n < 4 {
			b.t.Fatal(n, err)
		}
		ids = append(ids, binary.BigEndian.Uint32(buf))
	}
	return ids
}

func (b *reassemblyBed) want(what string, want ReassemblyStats) {
	b.t.Helper()
	if got := b.s.Stats().Reassembly; got != want {
		b.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func TestReassemblyIsCounted(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		b := newReassemblyBed(t)
		one := newDatagram(v6, 1, 3000)
		b.deliver(one.fragment(1480, 2960))
		got := b.s.Stats().Reassembly
		if got.Waiting != 1 || got.WaitingBytes < 1500 {
			t.Errorf("after one fragment: %+v", got)
		}
		b.deliver(one.fragment(1480, 2960)) // again
		b.want("after the same again", got)
		b.deliver(one.fragment(0, 1480))
		b.deliver(one.fragment(2960, 3008))
		b.want("after all three", ReassemblyStats{Completed: 1})

		two := newDatagram(v6, 2, 3000)
		b.deliver(two.fragment(0, 1480))
		b.deliver(two.fragment(1472, 2960)) // overlaps: all is forgotten
		b.want("after an overlap", ReassemblyStats{Completed: 1})
		b.deliver(two.fragment(1480, 2960))
		b.deliver(two.fragment(2960, 3008))
		if s := b.s.Stats(); s.Reassembly.Waiting != 1 || s.Drops.MalformedFragments != 1 {
			t.Errorf("after the rest of it: %+v, %d malformed", s.Reassembly, s.Drops.MalformedFragments)
		}
		other := newDatagram(v6, 3, 3000).fragment(0, 1480)
		other[map[bool]int{false: 19, true: 39}[v6]] = 9 // for another host
		if !v6 {
			clear(other[10:12])
			checksumInto(other[:20], 10)
		}
		b.deliver(other)
		if s := b.s.Stats(); s.Reassembly.Waiting != 1 || s.Drops.WrongDestination != 1 {
			t.Errorf("after a fragment for another host: %+v, %d for others", s.Reassembly, s.Drops.WrongDestination)
		}
		if ids := b.received(); len(ids) != 1 || ids[0] != 1 {
			t.Errorf("received %v, want 1 alone", ids)
		}
		b.s.Close()
		b.want("after the stack's end", ReassemblyStats{Completed: 1})
	}
}

// TestReassemblyGivesUpWhenItIsTold compares the watch with the stack: what it
// says was given up does not come, and everything else does.
func TestReassemblyGivesUpWhenItIsTold(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		const many = 3000
		b := newReassemblyBed(t)
		b.conn.SetReadBuffer(64 << 20)
		whole := make([]cutDatagram, many)
		for i := range whole {
			whole[i] = newDatagram(v6, uint32(i+1), 1480+i%7*8)
			b.deliver(whole[i].fragment(0, 1400))
		}
		st := b.s.Stats().Reassembly
		if st.Overflowed == 0 || st.Waiting+int(st.Overflowed) != many || st.WaitingBytes > reassemblyHigh || st.WaitingBytes < reassemblyLow-2000 {
			t.Fatalf("of %d first fragments: %+v", many, st)
		}
		for _, d := range whole[st.Overflowed:] {
			b.deliver(d.fragment(1400, len(d.udp)))
		}
		b.want("at the end", ReassemblyStats{Completed: many - st.Overflowed, Overflowed: st.Overflowed})
		if n := b.s.Stats().UDP; n.PacketsIn+n.BufferFull != many-st.Overflowed {
			t.Errorf("%d datagrams came and %d did not fit, want %d", n.PacketsIn, n.BufferFull, many-st.Overflowed)
		}
		for _, d := range whole[:st.Overflowed] { // nobody remembers their beginning
			b.deliver(d.fragment(1400, len(d.udp)))
		}
		if n := b.s.Stats().UDP; n.PacketsIn+n.BufferFull != many-st.Overflowed {
			t.Errorf("some of the %d that were given up have come: %d", st.Overflowed, n.PacketsIn)
		}
	}
}

func TestReassemblyGivesUpInTime(t *testing.T) {
	for v6, limit := range map[bool]time.Duration{false: 30 * time.Second, true: time.Minute} {
		b := newReassemblyBed(t)
		early, late := newDatagram(v6, 1, 2000), newDatagram(v6, 2, 2000)
		b.deliver(early.fragment(0, 1000))
		b.clock.AfterFunc(time.Second, func() {})
		b.clock.step()
		b.deliver(late.fragment(0, 1000))
		start := b.clock.Now()
		b.clock.AfterFunc(limit-time.Second-time.Nanosecond, func() {})
		for b.clock.Now().Before(start.Add(limit - time.Second - time.Nanosecond)) {
			b.clock.step()
		}
		if st := b.s.Stats().Reassembly; st.Waiting != 2 || st.TimedOut != 0 {
			t.Errorf("just before %v: %+v", limit, st)
		}
		b.clock.step() // the stack's own timer
		if st := b.s.Stats().Reassembly; st.Waiting != 1 || st.TimedOut != 1 {
			t.Errorf("at %v: %+v", limit, st)
		}
		b.deliver(early.fragment(1000, 2008))
		b.deliver(late.fragment(1000, 2008))
		if ids := b.received(); len(ids) != 1 || ids[0] != 2 {
			t.Errorf("received %v, want 2 alone", ids)
		}
	}
}

// FuzzReassembly compares the watch with the stack on any order of fragments:
// the watch says that a datagram is complete exactly when the stack hands it
// on.
func FuzzReassembly(f *testing.F) {
	f.Add([]byte{0x01, 0x12, 0x23, 0x34})
	f.Add([]byte{0x34, 0x23, 0x12, 0x01, 0x01, 0x34})
	f.Add([]byte{0x02, 0x13, 0x24})
	f.Add([]byte{0x04, 0x01, 0x14})
	f.Add([]byte{0x12, 0x34, 0x23, 0x24, 0x01, 0x12, 0x24})
	f.Fuzz(func(t *testing.T, steps []byte) {
		b := newReassemblyBed(t)
		if len(steps) > 64 {
			steps = steps[:64]
		}
		d := newDatagram(len(steps)%2 == 0, 1, 24) // four pieces of eight bytes
		for i, step := range steps {
			first, end := int(step>>4&3)*8, int(step&7)*8
			if end <= first || end > len(d.udp) || first == 0 && end == len(d.udp) {
				continue
			}
			b.deliver(d.fragment(first, end))
			st := b.s.Stats()
			b.s.Settle()
			if got := b.s.Stats().UDP.PacketsIn; got != st.Reassembly.Completed {
				t.Fatalf("step %d of %x: %d datagrams came, the watch says %+v", i, steps, got, st.Reassembly)
			}
		}
	})
}
