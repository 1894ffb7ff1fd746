//go:build linux && !android

package test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// damageCounters are the counters of the kernel that a damaged packet moves, by
// the file that has them.
var damageCounters = map[string][]string{
	"/proc/net/snmp": {"Ip.InHdrErrors", "Ip.ReasmFails", "Tcp.InErrs", "Tcp.InCsumErrors",
		"Udp.InErrors", "Udp.InCsumErrors", "Icmp.InErrors", "Icmp.InCsumErrors"},
	"/proc/net/netstat": {"IpExt.InTruncatedPkts", "IpExt.InCsumErrors"},
	"/proc/net/snmp6": {"Ip6InHdrErrors", "Ip6InTruncatedPkts", "Ip6ReasmFails", "Icmp6InErrors", "Icmp6InCsumErrors",
		"Udp6InErrors", "Udp6InCsumErrors"},
}

// wantCleanKernel wants no counter of this network namespace to tell of a
// damaged packet, nor the interface's of an error since it had the statistics
// before.
func wantCleanKernel(t *testing.T, device string, before netlink.LinkStatistics) {
	t.Helper()
	for file, names := range damageCounters {
		counters := kernelCounters(t, file)
		for _, name := range names {
			if n, there := counters[name]; !there || n != 0 {
				t.Errorf("%s: %s is %d (there: %t), want 0", file, name, n, there)
			}
		}
	}
	if s := interfaceStatistics(t, device); interfaceFaults(s) != interfaceFaults(before) {
		t.Errorf("interface %s: %+v, want no error and nothing received dropped since %+v", device, s, before)
	}
}

// interfaceFaults are those statistics that a faultless transfer leaves alone.
// What the kernel could not queue for the reader (tx_dropped) is not among them.
func interfaceFaults(s netlink.LinkStatistics) [8]uint64 {
	return [...]uint64{s.RxErrors, s.TxErrors, s.RxDropped, s.RxLengthErrors, s.RxFrameErrors, s.RxCrcErrors, s.RxFifoErrors, s.TxFifoErrors}
}

// interfaceStatistics are the kernel's counters of an interface.
func interfaceStatistics(t *testing.T, device string) netlink.LinkStatistics {
	t.Helper()
	link, err := netlink.LinkByName(device)
	if err != nil {
		t.Fatal(err)
	}
	return *link.Attrs().Statistics
}

// kernelCounters reads a file of counters: pairs of lines, names and then
// numbers, or a line for each counter.
func kernelCounters(t *testing.T, file string) map[string]uint64 {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	counters := make(map[string]uint64)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := 0; i < len(lines); i++ {
		words := strings.Fields(lines[i])
		group, paired := strings.CutSuffix(words[0], ":")
		if !paired {
			counters[words[0]], _ = strconv.ParseUint(words[1], 10, 64)
			continue
		}
		i++
		for k, number := range strings.Fields(lines[i]) {
			if k > 0 { // some, such as Tcp.MaxConn, are negative and stay 0
				counters[group+"."+words[k]], _ = strconv.ParseUint(number, 10, 64)
			}
		}
	}
	return counters
}
