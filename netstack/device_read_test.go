package netstack

import "testing"

func TestReceivedPacketsPinLittle(t *testing.T) {
	for _, mtu := range []int{1500, 9000, 65535} {
		d := deviceReader{mtu: mtu, pkts: make([]*Packet, 1), bufs: make([][]byte, 1), sizes: make([]int, 1)}
		d.refill(0)
		for size := 40; size <= mtu; size *= 2 {
			d.sizes[0] = size
			p := d.take(0)
			if p.Len() != size {
				t.Fatalf("packet of %d bytes has %d", size, p.Len())
			}
			for b := range p.Segments {
				if most := 2 * pinMax * size; cap(b) > most { // memory comes in powers of two
					t.Errorf("MTU %d: a packet of %d bytes pins %d, want at most %d", mtu, size, cap(b), most)
				}
			}
			p.Release()
		}
		d.release()
	}
}
