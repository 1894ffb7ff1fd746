package netstack

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// partialPacket is a packet as a link gets it that has to complete the sum.
func partialPacket(v6 bool, size int) (b []byte, c Checksum, whole []byte) {
	spec := segmentSpec{v6: v6, ttl: 64, fragment: 0x4000, flags: tcpACK, payload: pattern(size)}
	p := spec.super(1, 1)
	defer p.Release()
	return packetBytes(p), p.Checksum(), spec.bytes()
}

func TestCompleteChecksum(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, size := range []int{0, 1, 100, 1459} {
			b, c, want := partialPacket(v6, size)
			if err := completeChecksum(b, c); err != nil || !bytes.Equal(b, want) {
				t.Errorf("v6 %v, %d bytes: %x, %v; want %x", v6, size, b, err, want)
			}
		}
	}
}

func TestCompleteChecksumWritesZeroAsItsOtherForm(t *testing.T) {
	b := make([]byte, 28) // a UDP datagram whose words sum to 0xffff
	b[0] = 0x45
	binary.BigEndian.PutUint16(b[20:], 0xffff)
	if err := completeChecksum(b, Checksum{State: ChecksumPartial, Start: 20, Offset: 6}); err != nil || b[26] != 0xff || b[27] != 0xff {
		t.Errorf("%x, %v; want ffff in the field", b[20:], err)
	}
}

func TestCompleteChecksumRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []Checksum{{Start: -1, Offset: 16}, {Start: 20, Offset: -1}, {Start: 20, Offset: 19}, {Start: 41}, {Start: 1 << 62, Offset: 1 << 62}, {Start: 40, Offset: 0}} {
		c.State = ChecksumPartial
		b, _, _ := partialPacket(false, 0)
		was := bytes.Clone(b)
		if err := completeChecksum(b, c); err != faultChecksumField || !bytes.Equal(b, was) {
			t.Errorf("%+v: %x, %v; want the packet as it was, and an error", c, b, err)
		}
	}
	for _, state := range []ChecksumState{ChecksumUnknown, ChecksumValid} {
		b := make([]byte, 10)
		if err := completeChecksum(b, Checksum{State: state, Start: -1}); err != nil || !bytes.Equal(b, make([]byte, 10)) {
			t.Errorf("state %d: %x, %v; want the packet as it is", state, b, err)
		}
	}
}

// udpPacket is a whole datagram with its checksum, followed by extra bytes that
// the UDP length does not count but the IP length does.
func udpPacket(v6 bool, payload []byte, extra int) []byte {
	udp := make([]byte, 8, 8+len(payload)+extra)
	binary.BigEndian.PutUint16(udp, 5353)
	binary.BigEndian.PutUint16(udp[2:], 53)
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(payload)))
	udp = append(udp, payload...)
	ip := make([]byte, 20)
	if v6 {
		ip = make([]byte, 40)
		ip[0], ip[6], ip[7], ip[8], ip[39] = 0x60, 17, 64, 0x20, 1
		binary.BigEndian.PutUint16(ip[4:], uint16(len(udp)+extra))
	} else {
		ip[0], ip[8], ip[9], ip[12], ip[19] = 0x45, 64, 17, 192, 1
		binary.BigEndian.PutUint16(ip[2:], uint16(20+len(udp)+extra))
		checksumInto(ip, 10)
	}
	pseudo := binary.BigEndian.AppendUint16([]byte{0, 17}, uint16(len(udp)))
	pseudo = append(append(pseudo, ip[len(ip)-8-len(ip)/40*24:]...), udp...)
	binary.BigEndian.PutUint16(udp[6:], max(^slowSum(pseudo), 1))
	return append(append(ip, udp...), make([]byte, extra)...)
}

// withExtension puts IPv6 extension headers before the transport header.
func withExtension(b []byte, kinds ...byte) []byte {
	for i := len(kinds) - 1; i >= 0; i-- {
		ext := []byte{b[6], 0, 0, 0, 1, 2, 3, 4}
		if kinds[i] == 44 {
			ext[1] = 7 // reserved there, and ignored
		}
		b = append(append(bytes.Clone(b[:40]), ext...), b[40:]...)
		b[6] = kinds[i]
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40))
	}
	return b
}

func TestVerifyChecksum(t *testing.T) {
	tcp4 := segmentSpec{ttl: 64, fragment: 0x4000, flags: tcpACK, payload: pattern(101)}
	tcp6 := tcp4
	tcp6.v6 = true
	for name, test := range map[string]struct {
		packet []byte
		at     int // a byte whose damage is to be found
		want   packetFault
	}{
		"TCP over IPv4, header":           {tcp4.bytes(), 8, faultIPv4Sum},
		"TCP over IPv4, port":             {tcp4.bytes(), 20, faultTCPSum},
		"TCP over IPv4, last byte":        {tcp4.bytes(), 140, faultTCPSum},
		"TCP over IPv6, address":          {tcp6.bytes(), 8, faultTCPSum},
		"TCP over IPv6, payload":          {tcp6.bytes(), 100, faultTCPSum},
		"TCP over IPv6 with extensions":   {withExtension(tcp6.bytes(), 0, 60, 43), 90, faultTCPSum},
		"whole in one fragment":           {withExtension(tcp6.bytes(), 60, 44), 90, faultTCPSum},
		"UDP over IPv4":                   {udpPacket(false, pattern(33), 0), 40, faultUDPSum},
		"UDP over IPv4, more than UDP":    {udpPacket(false, pattern(33), 5), 40, faultUDPSum},
		"UDP over IPv6":                   {udpPacket(true, pattern(33), 0), 60, faultUDPSum},
		"UDP over IPv6 with an extension": {withExtension(udpPacket(true, nil, 3), 60), 50, faultUDPSum},
	} {
		for pieces := 1; pieces < 5; pieces++ {
			p := cut(test.packet, pieces)
			if err := verifyChecksum(p); err != nil {
				t.Errorf("%s: whole: %v", name, err)
			}
			p.Release()
			bad := bytes.Clone(test.packet)
			bad[test.at] ^= 0x10
			p = cut(bad, pieces)
			if err := verifyChecksum(p); err != test.want {
				t.Errorf("%s: damaged: %v, want %v", name, err, test.want)
			}
			p.SetChecksum(Checksum{State: ChecksumValid})
			if err := verifyChecksum(p); err != nil {
				t.Errorf("%s: vouched for: %v", name, err)
			}
			p.Release()
		}
	}
}

func TestVerifyChecksumOfUDPWithoutOne(t *testing.T) {
	for v6, want := range map[bool]error{false: nil, true: faultNoSum} {
		b := udpPacket(v6, pattern(10), 0)
		at := len(b) - 10 - 2
		b[at], b[at+1] = 0, 0
		p := cut(b, 1)
		if err := verifyChecksum(p); err != want {
			t.Errorf("v6 %v: %v, want %v", v6, err, want)
		}
		p.Release()
	}
}

// TestVerifyChecksumLeavesTheRestToTheStack delivers what has no sum that could
// be verified here, or is too broken to say where it is.
func TestVerifyChecksumLeavesTheRestToTheStack(t *testing.T) {
	tcp6 := segmentSpec{v6: true, ttl: 64, payload: pattern(100)}.bytes()
	change := func(b []byte, at int, x ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], x)
		if b[0] == 0x45 && len(b) >= 20 {
			checksumInto(b[:20:20], 10)
		}
		return b
	}
	resum := func(b []byte) []byte {
		b[10], b[11] = 0, 0
		checksumInto(b[:20], 10)
		return b
	}
	tcp4 := segmentSpec{ttl: 64, payload: pattern(100)}.bytes()
	tcp4[100]++
	tcp6[100]++
	for name, b := range map[string][]byte{
		"one byte":            {0x45},
		"another version":     change(tcp4, 0, 0x15),
		"ICMP":                echoRequest(10),
		"fragment":            resum(change(change(tcp4, 10, 0, 0), 6, 0x20)),
		"IP length too large": resum(change(change(tcp4, 10, 0, 0), 2, 0x7f)),
		"no room for TCP":     resum(change(change(tcp4, 10, 0, 0), 2, 0, 39)),
		"short IPv4 header":   change(tcp4, 0, 0x44),
		"IPv6 header alone":   tcp6[:39],
		"IPv6 length":         change(tcp6, 4, 0x7f),
		"IPv6 fragment":       change(withExtension(tcp6, 44), 43, 1),
		"IPv6 source route":   change(withExtension(tcp6, 43), 43, 1),
		"extension too long":  change(withExtension(tcp6, 60), 41, 30),
		"long chain":          change(withExtension(tcp6, 60, 60), 41, 10),
		"short UDP":           change(udpPacket(true, pattern(10), 0), 44, 0, 7),
		"long UDP":            change(udpPacket(true, pattern(10), 0), 44, 0, 50),
	} {
		p := cut(b, 1)
		if err := verifyChecksum(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p.Release()
	}
}

func TestChecksumsAllocateNothing(t *testing.T) {
	whole := segmentSpec{ttl: 64, flags: tcpACK, payload: pattern(1400)}
	p := cut(whole.bytes(), 3)
	partial, sum, _ := partialPacket(false, 1400)
	per := testing.AllocsPerRun(100, func() {
		if err := verifyChecksum(p); err != nil {
			t.Fatal(err)
		}
		if err := completeChecksum(partial, sum); err != nil {
			t.Fatal(err)
		}
	})
	if per != 0 {
		t.Errorf("%v allocations per packet", per)
	}
	p.Release()
}
