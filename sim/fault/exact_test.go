package fault

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
)

var exactDrop = Exact{
	Name: "loss chance=1%", Path: "cli/eth0>srv/eth0", Index: 3, Drop: true,
	Flow: Flow{netip.MustParseAddrPort("10.0.0.1:49152"), netip.MustParseAddrPort("10.0.0.2:80"), TCP},
}

// TestExactMeetsOnePacket changes path, flow and number, one at a time.
func TestExactMeetsOnePacket(t *testing.T) {
	p := Packet{Path: exactDrop.Path, Flow: exactDrop.Flow, Index: exactDrop.Index}
	if v := exactDrop.Judge(1, &p); !v.Drop {
		t.Error("the packet passes")
	}
	for name, other := range map[string]Packet{
		"path":  {Path: "srv/eth0>cli/eth0", Flow: p.Flow, Index: p.Index},
		"flow":  {Path: p.Path, Flow: p.Flow.Reverse(), Index: p.Index},
		"index": {Path: p.Path, Flow: p.Flow, Index: p.Index + 1},
	} {
		if v := exactDrop.Judge(1, &other); !v.Pass() {
			t.Errorf("a packet with another %s is hit: %+v", name, v)
		}
	}
}

// TestExactIsWhatWasJudged writes down verdicts and wants them again, through
// the line that is written.
func TestExactIsWhatWasJudged(t *testing.T) {
	for _, v := range []Verdict{
		{Drop: true, By: "loss chance=1%"},
		{Copies: 2, Delay: time.Second, Behind: 3, Hold: time.Minute, Corrupt: []Flip{9, 7}, FixChecksum: true, By: `drop payload="é"; x`},
		{Hold: 1, By: "clog end=1s"},
	} {
		p := tcp(t, segment{payload: "x"})
		p.Path, p.Index = "a>b", 17
		back, err := Parse(ExactOf(p, v).String())
		if err != nil {
			t.Error(err)
			continue
		}
		got := back.Judge(1, p)
		got.By = v.By // which a Set fills in
		if !reflect.DeepEqual(got, v) {
			t.Errorf("%v judges %+v, want %+v", back, got, v)
		}
	}
}

// TestExactOfLeavesOutWhatMeansNothing wants a valid fault of verdicts as a
// closure may give them.
func TestExactOfLeavesOutWhatMeansNothing(t *testing.T) {
	p := Packet{Path: "a>b"}
	for _, v := range []Verdict{
		{Drop: true, Copies: 3, Delay: 1, Corrupt: []Flip{1}},
		{Hold: 1, Copies: -1, Delay: -1, Behind: 4, FixChecksum: true},
	} {
		if f := ExactOf(&p, v); f.Validate() != nil {
			t.Errorf("%+v becomes %v: %v", v, f, f.Validate())
		}
	}
}
