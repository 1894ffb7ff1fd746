//go:build linux && !android

package test

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The flags of a TCP header (RFC 9293, section 3.1) of segments that the stack
// always sends with a whole sum: they know no segmentation.
const flagsSYNorRST = 2 | 4

// countSums counts packets by protocol, and those whose sum was left to the
// kernel. A bad one is an error.
func countSums(t *testing.T, packets []captured) map[string]int {
	t.Helper()
	count := make(map[string]int)
	for _, p := range packets {
		for _, protocol := range []string{"ip", "tcp", "udp", "icmp", "icmpv6"} {
			switch status := p[protocol+".checksum.status"]; {
			case status == sumGood || status == sumBad && p.isZero(protocol):
				count[strings.ToUpper(protocol)]++
			case status == sumBad && p.mayBePartial(t, protocol) && p[protocol+".checksum"] == p.pseudoSum(t, protocol):
				count["left to the kernel"]++
			case status == sumBad:
				t.Errorf("a bad %s checksum: %v", protocol, p)
			}
		}
	}
	return count
}

// isZero says whether TCP's sum is 0 and was written as 0xffff, which is the same
// in this arithmetic. Linux writes it so, and tshark thinks little of that.
func (p captured) isZero(protocol string) bool {
	return protocol == "tcp" && p["tcp.checksum"] == "0xffff" && p["tcp.checksum_calculated"] == "0x0000"
}

// mayBePartial says whether p is of a kind whose sum may be left to the kernel:
// any of its own, and of the stack's what belongs to an established connection.
func (p captured) mayBePartial(t *testing.T, protocol string) bool {
	t.Helper()
	source := cmp.Or(p["ip.src"], p["ipv6.src"])
	own := source == tunStack[0].Addr().String() || source == tunStack[1].Addr().String()
	switch protocol {
	case "tcp":
		return !own || p.number(t, "tcp.flags")&flagsSYNorRST == 0
	case "udp":
		return !own
	}
	return false
}

// pseudoSum is the sum of the pseudo-header (RFC 9293, section 3.1; RFC 8200,
// section 8.1), as tshark writes it.
func (p captured) pseudoSum(t *testing.T, protocol string) string {
	t.Helper()
	sum := uint32(unix.IPPROTO_UDP)
	if protocol == "tcp" {
		sum = unix.IPPROTO_TCP + p.number(t, "tcp.hdr_len") + p.number(t, "tcp.len")
	} else {
		sum += p.number(t, "udp.length")
	}
	for _, address := range []string{cmp.Or(p["ip.src"], p["ipv6.src"]), cmp.Or(p["ip.dst"], p["ipv6.dst"])} {
		a, err := netip.ParseAddr(address)
		if err != nil {
			t.Fatalf("%v: %v", p, err)
		}
		for b := a.AsSlice(); len(b) > 0; b = b[2:] {
			sum += uint32(b[0])<<8 | uint32(b[1])
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return fmt.Sprintf("0x%04x", sum)
}

func (p captured) number(t *testing.T, name string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(p[name], 0, 32)
	if err != nil {
		t.Fatalf("%v: %s: %v", p, name, err)
	}
	return uint32(n)
}
