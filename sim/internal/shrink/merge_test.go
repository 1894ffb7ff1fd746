package shrink

import (
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// TestMerge puts losses of one conversation together, in one direction or in
// both, and leaves all else.
func TestMerge(t *testing.T) {
	at := func(at time.Duration, line string) Event {
		f, err := fault.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		return Event{Fault: f, At: at * time.Millisecond}
	}
	const (
		there = `exact path="a/eth0>b/eth0" flow="tcp 10.0.0.1:1000 > 10.0.0.2:80" `
		back  = `exact path="b/eth0>a/eth0" flow="tcp 10.0.0.2:80 > 10.0.0.1:1000" `
		other = `exact path="a/eth0>b/eth0" flow="tcp 10.0.0.1:1001 > 10.0.0.2:80" `
	)
	for name, test := range map[string]struct {
		events []Event
		want   []string
	}{
		"nothing":     {},
		"one of each": {events: []Event{at(1, there+"drop"), at(2, other+"drop"), at(3, there+"index=3 copies=1")}},
		"late": {
			events: []Event{at(1, there+"hold=10ms"), at(3, there+"index=3 delay=2ms"), at(4, there+"index=5 copies=1"), at(5, other+"drop"), at(6, "pause host=a for=1s")},
			want: []string{"partition a=a start=1ms end=11.000001ms\npause host=a for=1s\n", "partition a=b start=1ms end=11.000001ms\npause host=a for=1s\n", `drop start=1ms end=11.000001ms path="a/eth0>b/eth0" proto=tcp src=10.0.0.1/32 dst=10.0.0.2/32 srcport=1000 dstport=80
exact path="a/eth0>b/eth0" flow="tcp 10.0.0.1:1000 > 10.0.0.2:80" index=5 copies=1
exact path="a/eth0>b/eth0" flow="tcp 10.0.0.1:1001 > 10.0.0.2:80" drop
pause host=a for=1s
`},
		},
		"outages": {
			events: []Event{at(1, there+"drop"), at(3, `drop start=3ms end=5ms path="a/eth0>b/eth0" proto=tcp src=10.0.0.1/32 dst=10.0.0.2/32 srcport=1000 dstport=80 name=x`)},
			want: []string{
				`drop start=1ms end=5ms path="a/eth0>b/eth0" proto=tcp src=10.0.0.1/32 dst=10.0.0.2/32 srcport=1000 dstport=80` + "\n",
			},
		},
		"one way": {
			events: []Event{at(1, there+"drop"), at(2, other+"drop"), at(3, there+"index=3 drop")},
			want: []string{`drop start=1ms end=3.000001ms path="a/eth0>b/eth0" proto=tcp src=10.0.0.1/32 dst=10.0.0.2/32 srcport=1000 dstport=80
exact path="a/eth0>b/eth0" flow="tcp 10.0.0.1:1001 > 10.0.0.2:80" drop
`},
		},
		"both ways": {
			events: []Event{at(1, back+"drop"), at(2, there+"drop"), at(3, there+"index=3 drop")},
			want: []string{
				"drop start=1ms end=3.000001ms proto=tcp src=10.0.0.2/32 dst=10.0.0.1/32 srcport=80 dstport=1000 bothways\n",
				`exact path="b/eth0>a/eth0" flow="tcp 10.0.0.2:80 > 10.0.0.1:1000" drop
drop start=2ms end=3.000001ms path="a/eth0>b/eth0" proto=tcp src=10.0.0.1/32 dst=10.0.0.2/32 srcport=1000 dstport=80
`,
			},
		},
	} {
		lists := Merge(test.events)
		if len(lists) != len(test.want) {
			t.Errorf("%s: %d lists, want %d", name, len(lists), len(test.want))
			continue
		}
		for i, l := range lists {
			if got := Faults(l).String(); got != test.want[i] {
				t.Errorf("%s: list %d is\n%swant\n%s", name, i+1, got, test.want[i])
			}
		}
	}
}
