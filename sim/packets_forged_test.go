package sim

import (
	"testing"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// TestForgedSYNsChangeNothing puts SYNs and a SYN-ACK with foreign numbers into
// an open connection, which goes on: RFC 5961 section 4. What it sends again is
// still seen as such, and so are its probes.
func TestForgedSYNsChangeNothing(t *testing.T) {
	syn := []byte{3, 3, 7, 0}
	var list []engine.Record
	add := func(path, src, dst string, flags fault.Flags, seq, ack uint32, options []byte, payload string) {
		n := uint64(len(list))/2 + 1
		list = append(list, sends(n, 0, path, segment{src, dst, flags, seq, ack, 100, options, payload})...)
	}
	add(there, cliEnd, srvEnd, fault.SYN, 1000, 0, syn, "")
	add(back, srvEnd, cliEnd, fault.SYN|fault.ACK, 5000, 1001, syn, "")
	add(there, cliEnd, srvEnd, fault.ACK, 1001, 5001, nil, "hello")
	add(back, srvEnd, cliEnd, fault.ACK, 5001, 1006, nil, "")
	add(there, cliEnd, srvEnd, fault.SYN, 1010, 0, nil, "")
	add(there, cliEnd, srvEnd, fault.SYN, 1010, 0, nil, "")
	add(back, srvEnd, cliEnd, fault.SYN, 77, 0, nil, "")
	add(back, srvEnd, cliEnd, fault.SYN|fault.ACK, 78, 1001, nil, "")
	add(back, srvEnd, cliEnd, fault.ACK, 5001, 1006, nil, "")
	add(there, cliEnd, srvEnd, fault.ACK, 1001, 5001, nil, "hello")
	add(there, cliEnd, srvEnd, fault.ACK, 1005, 5001, nil, "")
	got := testLog(list...).Last(7).String()
	want := `0s           cli:40000 > srv:80: S 0:0(0) win 100
0s           cli:40000 > srv:80: S 0:0(0) win 100, again
0s           srv:80 > cli:40000: S 0:0(0) win 100
0s           srv:80 > cli:40000: S. 4294962374:4294962374(0) ack 1 win 100, again
0s           srv:80 > cli:40000: . ack 6 win 12800
0s           cli:40000 > srv:80: . 1:6(5) ack 1 win 12800, again
0s           cli:40000 > srv:80: . 5:5(0) ack 1 win 12800, probe
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestResetAnswersTheNewSYN wants the reset that answers a second SYN to count
// from that SYN, though the connection before was open.
func TestResetAnswersTheNewSYN(t *testing.T) {
	var list []engine.Record
	for i, s := range []segment{
		{cliEnd, srvEnd, fault.SYN, 1000, 0, 100, nil, ""},
		{srvEnd, cliEnd, fault.SYN | fault.ACK, 5000, 1001, 100, nil, ""},
		{cliEnd, srvEnd, fault.SYN, 90_000, 0, 100, nil, ""}, // it has lost its memory
		{srvEnd, cliEnd, fault.RST | fault.ACK, 0, 90_001, 0, nil, ""},
	} {
		path := there
		if s.src == srvEnd {
			path = back
		}
		list = append(list, sends(uint64(i+1), 0, path, s)...)
	}
	if p := testLog(list...).At(-1); p.Ack != 1 || p.Seq != 0 {
		t.Errorf("the reset is %v", p)
	}
}
