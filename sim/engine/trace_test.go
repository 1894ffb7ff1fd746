package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// traced sends a few packets, one of which may have another byte.
func traced(t *testing.T, cfg TraceConfig, packets int, oddByte byte) *Trace {
	t.Helper()
	n, a, _ := pair(t, Config{Path: PathConfig{Delay: ms}, Judge: onIndex(1, fault.Verdict{Drop: true, By: "loss 100%"})})
	n.trace = NewTrace(cfg)
	n.Network.trace = n.trace
	for i := range packets {
		p := udp4(aUDP, bUDP, 100, byte(i))
		if i == 2 {
			p.b[50] = oddByte
		}
		n.send(a, p)
	}
	n.run()
	return n.trace
}

func TestTraceIsGolden(t *testing.T) {
	const want = "8dc94e343fb3ee0bd4eb3a6b03f6d83dd8b8f5749190fd20e1ee5f5831eb8e05"
	tr := traced(t, TraceConfig{}, 4, 0)
	if got := tr.Sum(); got != want {
		t.Errorf("the hash of a fixed run is %s, want %s: every pinned hash has changed", got, want)
	}
	if tr.Sum() != want {
		t.Error("Sum changed the trace")
	}
}

func TestTraceRecords(t *testing.T) {
	tr := traced(t, TraceConfig{Ring: 3}, 4, 0)
	if tr.Len() != 7 { // four entered, three delivered
		t.Errorf("%d records, want 7", tr.Len())
	}
	var got []string
	for _, r := range tr.Last() {
		got = append(got, r.String())
	}
	flow := "udp 10.0.0.1:1000 > 10.0.0.2:2000, 100 bytes"
	want := []string{
		"1ms #1 a/eth0>b/eth0 delivered " + flow + ", index 0",
		"1ms #3 a/eth0>b/eth0 delivered " + flow + ", index 2",
		"1ms #4 a/eth0>b/eth0 delivered " + flow + ", index 3",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if last := traced(t, TraceConfig{Ring: 100}, 4, 0).Last(); len(last) != 7 ||
		last[1].String() != "0s #2 a/eth0>b/eth0 entered "+flow+", index 1, dropped: fault (loss 100%)" || last[1].Bytes[28] != 1 {
		t.Errorf("%d records, the second is %v", len(last), &last[1])
	}
	if last := traced(t, TraceConfig{Ring: math.MaxInt}, 4, 0).Last(); len(last) != 7 {
		t.Errorf("a ring without end holds %d records, want 7", len(last))
	}
	if last := traced(t, TraceConfig{Ring: -1}, 4, 0).Last(); last != nil {
		t.Errorf("a trace without a ring kept %v", last)
	}
	if sum := traced(t, TraceConfig{NoHash: true}, 4, 0).Sum(); sum != "" {
		t.Errorf("a trace without a hash has the sum %s", sum)
	}
}

func TestFirstDifference(t *testing.T) {
	full := TraceConfig{Full: true}
	a := traced(t, full, 4, 0)
	if d, err := FirstDifference(a, traced(t, full, 4, 0)); d != nil || err != nil {
		t.Errorf("equal runs: %v, %v", d, err)
	}
	d, err := FirstDifference(a, traced(t, full, 4, 1))
	if err != nil || d == nil || d.Index != 2 || d.A.Packet != 3 || !strings.Contains(d.String(), "first differing byte: 50, 0x00 against 0x01") {
		t.Errorf("one byte: %v, %v", d, err)
	}
	d, err = FirstDifference(a, traced(t, full, 5, 0))
	if err != nil || d == nil || d.Index != 4 || d.A.Kind != Delivered || d.B.Kind != Entered {
		t.Errorf("one packet more: %v, %v", d, err)
	}
	short := traced(t, TraceConfig{Full: true, Most: 3}, 4, 0)
	if _, complete := short.All(); complete {
		t.Error("a trace that was cut says it is complete")
	}
	for _, pair := range [][2]*Trace{{a, short}, {short, a}, {short, short}, {a, traced(t, TraceConfig{}, 4, 0)}} {
		if d, err := FirstDifference(pair[0], pair[1]); d != nil || err == nil {
			t.Errorf("incomplete traces: %v, %v", d, err)
		}
	}
	empty := NewTrace(full)
	if d, err := FirstDifference(a, empty); err != nil || d == nil || d.B != nil || !strings.Contains(d.String(), "the run had ended") {
		t.Errorf("against an empty trace: %v, %v", d, err)
	}
}

// TestTraceTellsFlipsApart compares two runs that differ in the bit that a
// fault inverts.
func TestTraceTellsFlipsApart(t *testing.T) {
	sum := func(bit fault.Flip) string {
		n, a, _ := pair(t, Config{Judge: onIndex(0, fault.Verdict{Corrupt: []fault.Flip{bit}})})
		n.send(a, udp4(aUDP, bUDP, 100, 0))
		n.run()
		return n.trace.Sum()
	}
	if sum(700) == sum(701) {
		t.Error("two flips, one trace")
	}
}

func TestHostsOfARecord(t *testing.T) {
	for path, want := range map[string][2]string{
		"cli/eth0>r1/eth1": {"cli", "r1"},
		"r1/eth1":          {"r1", ""},
		"":                 {"", ""},
	} {
		r := Record{Path: path}
		if from, to := r.Hosts(); from != want[0] || to != want[1] {
			t.Errorf("%q is from %q to %q, want %q", path, from, to, want)
		}
	}
}
