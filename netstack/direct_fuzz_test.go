package netstack

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// How FuzzDirect prepares a packet, in the byte before it: the low two bits are
// how many segments it is cut into, less one.
const (
	fuzzFixLength = 1 << 2
	fuzzFixIPSum  = 1 << 3
	fuzzFixTCPSum = 1 << 4
	fuzzOtherLink = 1 << 5
	fuzzOnPacket  = 1 << 6 // the bytes are to be xored with a packet that passes
)

// FuzzDirect feeds any packets to two stacks, of which one has no direct gate,
// and wants the same answers, counters, sockets and bytes received. The input is
// a list of packets, each behind a byte of fuzzFixLength and its like, and its
// length in a byte; the first byte of the list chooses the link's offload.
func FuzzDirect(f *testing.F) {
	const right = fuzzFixLength | fuzzFixIPSum | fuzzFixTCPSum
	packet := func(how byte, b []byte) []byte { return append([]byte{how, byte(len(b))}, b...) }
	for i, host := range twinPeers {
		syn := tcpBetween(host.peer, host.own, segment{flags: flagSYN, local: 80, remote: 9, seq: 1}, nil)
		f.Add(byte(i), bytes.Join([][]byte{packet(right, syn), packet(right|1, syn), packet(fuzzOtherLink, syn)}, nil))
		f.Add(byte(i), packet(right|fuzzOnPacket, nil))
		f.Add(byte(i), bytes.Join([][]byte{packet(fuzzOnPacket, []byte{0, 1}), packet(right|fuzzOnPacket, make([]byte, 100))}, nil))
		f.Add(byte(i), packet(right|2, withTCPOptions(syn, 2, 4, 5, 180, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1)))
	}
	f.Add(byte(1), packet(0, echoRequest(20)))
	f.Fuzz(func(t *testing.T, kind byte, list []byte) {
		w := newTwins(t, Offload{RxChecksum: kind&1 != 0})
		host := twinPeers[kind>>1&1]
		passing := w.connect(t, host.own, host.peer, 4000)
		for range 16 { // packets at most
			if len(list) < 2 {
				break
			}
			how, size := list[0], min(int(list[1]), len(list)-2)
			b := bytes.Clone(list[2 : 2+size])
			list = list[2+size:]
			if how&fuzzOnPacket != 0 {
				b = xored(passing, b)
			}
			if len(b) == 0 {
				continue
			}
			prepare(b, how)
			w.feed(t, "fuzzed", int(how&fuzzOtherLink/fuzzOtherLink), b, int(how&3)+1)
		}
		w.compareSockets(t, "at the end")
	})
}

// xored is the longer of two packets, changed by the other.
func xored(a, b []byte) []byte {
	if len(a) < len(b) {
		a, b = b, a
	}
	a = bytes.Clone(a)
	for i, x := range b {
		a[i] ^= x
	}
	return a
}

// prepare makes right what how says.
func prepare(b []byte, how byte) {
	if how&fuzzFixLength != 0 {
		switch {
		case b[0]>>4 == 4 && len(b) >= ipv4HeadBytes:
			binary.BigEndian.PutUint16(b[ipv4TotalAt:], uint16(len(b)))
		case b[0]>>4 == 6 && len(b) >= ipv6HeadBytes:
			binary.BigEndian.PutUint16(b[ipv6PayloadAt:], uint16(len(b)-ipv6HeadBytes))
		}
	}
	if how&fuzzFixIPSum != 0 {
		fixIPSum(b)
	}
	if how&fuzzFixTCPSum != 0 {
		fixTCPSum(b)
	}
}
