package fault

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// filled sets every field of a fault to a value of its own, so that a field
// that is not written or read is noticed.
func filled(t *testing.T, f plain) Fault {
	t.Helper()
	n := 0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		for i := range v.NumField() {
			n++
			switch field := v.Field(i); x := field.Addr().Interface().(type) {
			case *Select:
				fill(field)
			case *string:
				*x = "text \"" + strings.Repeat("é\n", n) + "= "
			case *[]string:
				*x = []string{"host", strings.Repeat("h", n)}
			case *netip.Prefix:
				*x = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n)}), 16)
			case *time.Duration:
				*x = time.Duration(n) * 1_000_001
			case *PerMillion:
				*x = PerMillion(n) * 10_001
			case *Record:
				*x = RecordAAAA
			case *Flow:
				*x = Flow{netip.MustParseAddrPort("[fd00::1]:1"), netip.MustParseAddrPort("[fd00::2]:2"), UDP}
			case *[]Flip:
				*x = []Flip{Flip(n), 7}
			case *[]netip.Addr:
				*x = []netip.Addr{netip.AddrFrom4([4]byte{10, byte(n)}), netip.IPv6LinkLocalAllNodes()}
			case *int64:
				*x = -int64(n)
			case *Flags:
				*x = 1 << (n % 8)
			case *bool:
				*x = true
			case *int:
				*x = n
			case *uint8:
				*x = uint8(n)
			case *uint16:
				*x = uint16(n)
			case *uint64:
				*x = uint64(n)
			default:
				t.Fatalf("%s has a field of type %T, which this test does not know", f.kind(), x)
			}
		}
	}
	fill(reflect.ValueOf(f).Elem())
	return f.value()
}

// usual are values that make sense, one at least of each kind.
var usual = List{
	Drop{},
	Drop{Select{Name: "second SYN", Flags: SYN, Without: ACK, Nth: 2, Times: 3, Across: true}},
	Drop{Select{Payload: "\xff\x00 \"", PayloadMax: -1}},
	Loss{Chance: 5000, Select: Select{From: []string{"client"}, To: []string{"a", "b"}, BothWays: true}},
	Loss{Chance: Always, Select: Select{Src: netip.MustParsePrefix("10.0.0.0/8"), Dst: netip.MustParsePrefix("2001:db8::1/128"), Proto: ICMPv6}},
	Burst{Enter: 10_000, Leave: 200_000, Bad: Always, Good: 1},
	Duplicate{Chance: 1, Copies: 100},
	Reorder{Chance: 20_000, Distance: 3, Delay: 50 * time.Millisecond},
	Corrupt{Chance: 1000, Bits: 2, PayloadOnly: true, FixChecksum: true},
	Delay{Chance: Always, Delay: time.Second, Spread: time.Nanosecond, Select: Select{DstPort: 80, SrcPort: 1, SizeMin: 1000, SizeMax: 1500}},
	Partition{A: []string{"db1", "db2"}, Start: 5 * time.Second, End: 20 * time.Second},
	Partition{A: []string{"db1"}, B: []string{"db2"}, OneWay: true, Name: "half"},
	Flap{Up: 600 * time.Millisecond, Down: 300 * time.Millisecond, Phase: time.Millisecond},
	Clog{Select: Select{From: []string{"a"}, End: time.Second}},
	Clog{Every: time.Second, For: time.Millisecond, Chance: 100_000},
	exactDrop,
	Exact{Path: "a>b", Flow: exactDrop.Flow, Copies: 2, Delay: time.Second, Behind: 3, Hold: 1, Corrupt: []Flip{0, 171}, FixChecksum: true},
	Exact{Path: "a>b", Index: 1 << 63, Hold: time.Hour},
	Crash{Host: "db1", At: 5 * time.Second},
	Crash{Host: "db1", At: 5 * time.Second, Restart: time.Minute, Name: "power cut"},
	Pause{Host: "db1", At: time.Second, For: 300 * time.Millisecond},
	Skew{Host: "db1", PPM: -200},
	DNS{Lost: true},
	DNS{Names: []string{"db1", "*.example.com"}, From: []string{"web"}, Late: 2 * time.Second, Chance: 500_000, End: time.Hour},
	DNS{Record: RecordAAAA, Failed: true, Nth: 1, Times: 2},
	DNS{Answer: []netip.Addr{netip.MustParseAddr("10.0.0.66"), netip.MustParseAddr("fd00::66")}, Start: time.Second},
	DNS{NotFound: true, Name: "gone"},
}

func TestLinesAndJSONAreReadBack(t *testing.T) {
	for _, f := range usual {
		back, err := Parse(f.String())
		if err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%v\nis read as\n%v, %v", f, back, err)
		}
		data, err := json.Marshal(f)
		if err != nil {
			t.Errorf("%v: %v", f, err)
		}
		back, err = ParseJSON(data)
		if err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%s\nis read as\n%v, %v", data, back, err)
		}
		typed := reflect.New(reflect.TypeOf(f))
		if err := json.Unmarshal(data, typed.Interface()); err != nil || !reflect.DeepEqual(typed.Elem().Interface(), f) {
			t.Errorf("%s\nis unmarshalled as\n%v, %v", data, typed.Elem(), err)
		}
	}
	list, err := ParseList("# all\n\n" + usual.String())
	if err != nil || !reflect.DeepEqual(list, usual) {
		t.Errorf("the list is read as %v, %v", list, err)
	}
	data, err := json.Marshal(usual)
	list = List{Drop{}}
	if err != nil || json.Unmarshal(data, &list) != nil || !reflect.DeepEqual(list, usual) {
		t.Errorf("%s, %v\nis read as %v", data, err, list)
	}
}

// TestEveryFieldIsWritten sets all fields at once, which no check would
// accept, and reads them one by one.
func TestEveryFieldIsWritten(t *testing.T) {
	for _, empty := range kinds {
		f := empty()
		full, back := filled(t, f), empty()
		for _, p := range written(f) {
			if err := set(back, p.key, p.text, p.bare); err != nil {
				t.Error(err)
			}
		}
		if !reflect.DeepEqual(back.value(), full) {
			t.Errorf("%v\nis read as\n%v", full, back.value())
		}
		if got, all := len(written(f)), len(keys(f)); got != all {
			t.Errorf("%s has %d fields and writes %d", f.kind(), all, got)
		}
	}
}

func TestLinesArePinned(t *testing.T) {
	want := `drop
drop name="second SYN" flags=syn without=ack nth=2 times=3 across
drop payload="\xff\x00 \"" payloadmax=-1
loss chance=0.5% from=client to=a,b bothways
loss chance=100% proto=icmp6 src=10.0.0.0/8 dst=2001:db8::1/128
burst enter=1% leave=20% bad=100% good=0.0001%
duplicate chance=0.0001% copies=100
reorder chance=2% distance=3 delay=50ms
corrupt chance=0.1% bits=2 payloadonly fixchecksum
delay chance=100% delay=1s spread=1ns srcport=1 dstport=80 sizemin=1000 sizemax=1500
partition a=db1,db2 start=5s end=20s
partition a=db1 b=db2 oneway name=half
flap up=600ms down=300ms phase=1ms
clog end=1s from=a
clog every=1s for=1ms chance=10%
exact path="cli/eth0>srv/eth0" flow="tcp 10.0.0.1:49152 > 10.0.0.2:80" index=3 drop name="loss chance=1%"
exact path="a>b" flow="tcp 10.0.0.1:49152 > 10.0.0.2:80" copies=2 delay=1s behind=3 hold=1ns flip=0,171 fixchecksum
exact path="a>b" index=9223372036854775808 hold=1h0m0s
crash host=db1 at=5s
crash host=db1 at=5s restart=1m0s name="power cut"
pause host=db1 at=1s for=300ms
skew host=db1 ppm=-200
dns lost
dns names=db1,*.example.com from=web late=2s chance=50% end=1h0m0s
dns record=aaaa failed nth=1 times=2
dns answer=10.0.0.66,fd00::66 start=1s
dns notfound name=gone
`
	if got := usual.String(); got != want {
		t.Errorf("the lines are\n%swant\n%s", got, want)
	}
	data, err := json.Marshal(usual[1:4])
	wantJSON := `[{"type":"drop","name":"second SYN","flags":"syn","without":"ack","nth":2,"times":3,"across":true},` +
		`{"type":"drop","payload":{"hex":"ff002022"},"payloadmax":-1},` +
		`{"type":"loss","chance":"0.5%","from":["client"],"to":["a","b"],"bothways":true}]`
	if err != nil || string(data) != wantJSON {
		t.Errorf("the JSON is\n%s, %v, want\n%s", data, err, wantJSON)
	}
}

// FuzzParse wants of every line that is read: the fault prints as one line
// that is read as the same fault, and so does its JSON.
func FuzzParse(f *testing.F) {
	for _, fault := range usual {
		f.Add(fault.String())
	}
	f.Add(`loss  chance=1000 from= payload="a\tb" name=""`)
	f.Add("drop src=10.0.0.1 dst=::1 flags=fin+syn+cwr proto=99")
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := Parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fault: ") {
				t.Errorf("error without its package: %v", err)
			}
			return
		}
		line := fault.String()
		if strings.ContainsAny(line, "\n\r") {
			t.Errorf("%q is more than a line", line)
		}
		back, err := Parse(line)
		if err != nil || !reflect.DeepEqual(back, fault) {
			t.Errorf("%q\nis read as\n%v, %v", line, back, err)
		}
		data, err := json.Marshal(fault)
		if err != nil {
			t.Fatal(err)
		}
		back, err = ParseJSON(data)
		if err != nil || !reflect.DeepEqual(back, fault) {
			t.Errorf("%s\nis read as\n%v, %v", data, back, err)
		}
		p := tcp(t, segment{payload: "abc", now: 1})
		fault.Judge(1, p)
	})
}
