package fault

import (
	"net/netip"
	"testing"
	"time"
)

func TestSelect(t *testing.T) {
	answer := segment{from: "server", to: "client", src: "10.0.0.2:80", dst: "10.0.0.1:1000", flags: SYN | ACK}
	syn := segment{flags: SYN, now: time.Second}
	data := segment{flags: PSH | ACK, payload: "GET / HTTP/1.1"}
	for _, test := range []struct {
		name     string
		sel      Select
		yes, not []segment
	}{
		{"everything", Select{}, []segment{syn, answer, data}, nil},
		{"from", Select{From: []string{"other", "server"}}, []segment{answer}, []segment{syn}},
		{"to", Select{To: []string{"server"}}, []segment{syn, data}, []segment{answer}},
		{"from and to", Select{From: []string{"client"}, To: []string{"client"}}, nil, []segment{syn, answer}},
		{"both ways", Select{From: []string{"client"}, To: []string{"server"}, BothWays: true}, []segment{syn, answer}, []segment{{to: "other"}}},
		{"source", Select{Src: netip.MustParsePrefix("10.0.0.1/32")}, []segment{syn}, []segment{answer}},
		{"destination", Select{Dst: netip.MustParsePrefix("10.0.0.0/24")}, []segment{syn, answer}, []segment{{dst: "10.0.1.2:80"}, {src: "[::1]:1", dst: "[::2]:2"}}},
		{"port", Select{DstPort: 80}, []segment{syn}, []segment{answer, {dst: "10.0.0.2:81"}}},
		{"flow", Select{SrcPort: 1000, DstPort: 80, BothWays: true}, []segment{syn, answer}, []segment{{src: "10.0.0.1:1001"}, {src: "10.0.0.2:1000", dst: "10.0.0.1:1000"}}},
		{"syn", Select{Flags: SYN}, []segment{syn, answer}, []segment{data}},
		{"syn alone", Select{Flags: SYN, Without: ACK}, []segment{syn}, []segment{answer, data}},
		{"not rst", Select{Without: RST}, []segment{syn}, []segment{{flags: RST | ACK}}},
		{"protocol", Select{Proto: UDP}, nil, []segment{syn}},
		{"payload", Select{Payload: "HTTP/1"}, []segment{data}, []segment{syn, {payload: "HTTP/2"}}},
		{"no payload", Select{PayloadMax: -1}, []segment{syn}, []segment{data}},
		{"payload sizes", Select{PayloadMin: 14, PayloadMax: 14}, []segment{data}, []segment{syn, {payload: "0123456789012"}, {payload: "012345678901234"}}},
		{"sizes", Select{SizeMin: 41, SizeMax: 54}, []segment{data}, []segment{syn, {payload: "012345678901234"}}},
		{"time", Select{Start: time.Second, End: time.Second + 1}, []segment{syn}, []segment{data, {now: time.Second + 1}}},
		{"path", Select{Path: "wan"}, nil, []segment{syn}},
	} {
		if err := (Drop{test.sel}).Validate(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for _, s := range test.yes {
			if !test.sel.Matches(tcp(t, s)) {
				t.Errorf("%s does not select %+v", test.name, s)
			}
		}
		for _, s := range test.not {
			if test.sel.Matches(tcp(t, s)) {
				t.Errorf("%s selects %+v", test.name, s)
			}
		}
	}
	path := tcp(t, syn)
	path.Path = "wan"
	if sel := (Select{Path: "wan"}); !sel.Matches(path) {
		t.Error("a path is not selected by its name")
	}
	fragment := &Packet{Flow: Flow{Proto: TCP}, Fragment: true}
	if sel := (Select{Without: SYN}); sel.Matches(fragment) {
		t.Error("a fragment is selected by flags that it does not show")
	}
}

func TestSelectNth(t *testing.T) {
	for _, test := range []struct {
		nth, times uint64
		want       string
	}{{0, 0, "111111"}, {1, 0, "100000"}, {3, 0, "001000"}, {3, 1, "001000"}, {2, 3, "011100"}, {1, 1<<64 - 1, "111111"}, {1<<64 - 1, 0, "000000"}} {
		got := ""
		for i := range uint64(6) {
			p := tcp(t, segment{})
			p.Matched = i
			if sel := (Select{Nth: test.nth, Times: test.times}); sel.Matches(p) {
				got += "1"
			} else {
				got += "0"
			}
		}
		if got != test.want {
			t.Errorf("nth %d times %d selects %s, want %s", test.nth, test.times, got, test.want)
		}
	}
}
