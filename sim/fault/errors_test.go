package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestMistakesAreNamed wants of each mistake the fault, the field, its value
// and a remedy in one sentence.
func TestMistakesAreNamed(t *testing.T) {
	for line, want := range map[string]string{
		"":                                       "no fault is called \"\": give one of drop loss burst",
		"los chance=1%":                          "no fault is called \"los\": give one of drop loss burst",
		"func name=x":                            "func: a closure cannot be read back",
		"loss":                                   "loss: chance is 0: nothing would ever happen: give parts per million",
		"loss chance=1.5":                        "loss: chance is \"1.5\": give a percentage from 0.0001% to 100%",
		"loss chance=150%":                       "loss: chance is \"150%\": give a percentage",
		"loss chance":                            "loss: chance has no value: write chance=VALUE",
		"loss chance=1% chance=2%":               "loss: chance is given twice",
		"loss chanse=1%":                         "loss: there is no field \"chanse\": the fields are chance name",
		"loss =1%":                               "loss: there is no field \"\"",
		"drop nth=-1":                            "drop: nth is \"-1\": give a whole number that fits",
		"drop dstport=65536":                     "drop: dstport is \"65536\": give a whole number that fits",
		"drop dstport=65535 times=2":             "drop: times is 2: it goes with nth",
		"drop across":                            "drop: across is true: it goes with nth",
		"drop across=yes nth=1":                  "drop: across is \"yes\": the word takes no value",
		"drop start=-1s":                         "drop: start is -1s: no time runs backwards",
		"drop start=5":                           "drop: start is \"5\": give a time with its unit",
		"drop start=2s end=1s":                   "drop: end is 1s: that is not after start, 2s",
		"drop from=a,,b":                         "drop: from is \"\": give host names",
		"drop to=a,a":                            "drop: to is \"a\": the host is named twice",
		"drop src=10.0.0.1/8":                    "drop: src is 10.0.0.1/8: there are bits behind the prefix: give 10.0.0.0/8",
		"drop src=10.0.0":                        "drop: src is \"10.0.0\": give an address",
		"drop dst=::ffff:10.0.0.1":               "drop: dst is ::ffff:10.0.0.1/128: packets carry IPv4 addresses as such: give 10.0.0.1",
		"drop flags=syn,ack":                     "drop: flags is \"syn,ack\": no TCP flag is called \"syn,ack\": join names",
		"drop flags=syn without=syn":             "drop: without is syn: flags asks for the same",
		"drop proto=sctp":                        "drop: proto is \"sctp\": no such protocol: write tcp, udp",
		"drop payloadmin=-1":                     "drop: payloadmin is -1: nothing is shorter",
		"drop payloadmin=1 payloadmax=-1":        "drop: payloadmin is 1: above payloadmax, -1",
		"drop sizemax=-1":                        "drop: sizemax is -1: give a number of bytes",
		"drop payload=\"a":                       "drop: payload is \"a: close the quotes",
		"drop payload=\"a\"b":                    "drop: payload is followed by \"b\": put a space",
		"burst enter=1% leave=2%":                "burst: bad is 0: nothing would ever happen",
		"burst enter=1 leave=1 bad=1":            "burst: leave is 0.0001%: with enter that is below 0.1%",
		"burst enter=100% leave=100% bad=1":      "burst: leave is 100%: with enter that is above 199.9%",
		"duplicate chance=1%":                    "duplicate: copies is 0: give a number from 1 to 100",
		"reorder chance=1%":                      "reorder: delay is 0s: give a time above 0",
		"reorder chance=1% delay=1s distance=-1": "reorder: distance is -1: give a number from 0 to 1000",
		"delay chance=1% delay=-50ms":            "delay: delay is -50ms: give a time above 0",
		"delay chance=1% delay=9000h":            "delay: delay is 9000h0m0s: give a year at most",
		"delay chance=1% delay=1s spread=-1s":    "delay: spread is -1s: no time runs backwards",
		"corrupt chance=1% bits=65":              "corrupt: bits is 65: give a number from 1 to 64",
		"partition b=x":                          "partition: a is empty: name the hosts",
		"partition a=x b=y,x":                    "partition: b is x: the host is in a, too",
		"flap up=1s":                             "flap: down is 0s: give a time above 0",
		"flap up=1s down=1s phase=2s":            "flap: phase is 2s: the schedule begins again",
		"clog from=a":                            "clog: end is 0s: what is clogged has to be let go",
		"clog end=1s for=1ms":                    "clog: for is 1ms: it goes with every",
		"clog every=1s for=2s chance=1%":         "clog: for is 2s: longer than every, 1s",
		"clog every=1s for=1s":                   "clog: chance is 0: nothing would ever happen",
		"exact drop":                             "exact: path is empty: name the path that the packet enters",
		"exact path=p":                           "exact: drop is false: nothing would happen to the packet: give drop, copies",
		"exact path=p drop hold=1s":              "exact: drop is true: what is lost can have nothing else",
		"exact path=p behind=1":                  "exact: behind is 1: there may be no later packets",
		"exact path=p copies=1 fixchecksum":      "exact: fixchecksum is true: it goes with flip",
		"exact path=p copies=-1":                 "exact: copies is -1: give a number from 0 to",
		"exact path=p flip=1,x":                  "exact: flip is \"1,x\": give the numbers of bits, separated by commas",
		"exact path=p drop flow=tcp":             "exact: flow is \"tcp\": give a flow such as",
		"exact path=p drop flow=\"x a > b\"":     "exact: flow is \"x a > b\": no such protocol",
		"exact path=p drop flow=\"tcp a > b\"":   "exact: flow is \"tcp a > b\": give a flow such as",
	} {
		wantMistake(t, line, want)
	}
}

func TestMistakesAboutHostsAreNamed(t *testing.T) {
	for line, want := range map[string]string{
		"crash at=5s":                "crash: host is empty: name the host that the fault is about",
		"crash host=a,b":             "crash: host is \"a,b\": give host names without",
		"crash host=a at=-5s":        "crash: at is -5s: no time runs backwards",
		"crash host=a restart=-1s":   "crash: restart is -1s: no time runs backwards",
		"pause host=a at=1s":         "pause: for is 0s: give a time above 0",
		"skew host=a ppm=500001":     "skew: ppm is 500001: a clock runs half as fast",
		"skew host=a ppm=0.5":        "skew: ppm is \"0.5\": give a whole number",
		"dns":                        "dns: late is 0s: nothing would go wrong: give one of late, lost, notfound",
		"dns lost failed":            "dns: failed is there beside lost: one thing goes wrong at a time",
		"dns late=-1s":               "dns: late is -1s: give a time above 0",
		"dns lost names=DB":          "dns: names is \"DB\": names are compared in lower case",
		"dns lost names=db.":         "dns: names is \"db.\": names are compared in lower case and without a final dot",
		"dns lost record=mx":         "dns: record is \"mx\": write a for IPv4 or aaaa",
		"dns lost times=2":           "dns: times is 2: it goes with nth",
		"dns answer=10.0.0":          "dns: answer is \"10.0.0\": give addresses separated by commas",
		"dns answer=::ffff:10.0.0.1": "dns: answer is ::ffff:10.0.0.1: give IPv4 and IPv6 addresses without zones",
	} {
		wantMistake(t, line, want)
	}
}

func wantMistake(t *testing.T, line, want string) {
	t.Helper()
	if f, err := Parse(line); err == nil || !strings.HasPrefix(err.Error(), "fault: "+want) {
		t.Errorf("%s\nis read as %v, %v\nwant fault: %s", line, f, err, want)
	}
}

// TestMistakesInStructs are those that no line can make.
func TestMistakesInStructs(t *testing.T) {
	tooLong := netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33)
	for _, test := range []struct {
		fault Fault
		want  string
	}{
		{Loss{Chance: 1_500_000}, "loss: chance is 1500000: more than certain"},
		{Burst{Enter: 1, Leave: 2000, Bad: 1, Good: Always + 1}, "burst: good is 1000001: more than certain"},
		{Delay{Chance: Always, Delay: -time.Second}, "delay: delay is -1s"},
		{Drop{Select{From: []string{"a b"}}}, "drop: from is \"a b\": give host names"},
		{Drop{Select{Name: "\xff"}}, "drop: name is \"\\xff\": give valid UTF-8"},
		{Drop{Select{Src: tooLong}}, "drop: src is invalid Prefix: give an address"},
		{Func{Name: "x"}, "func: verdict is nil: give the closure"},
		{nil, "there is a nil among the faults"},
		{(*Loss)(nil), "there is a nil among the faults"},
	} {
		var set Set
		h, err := set.Add(test.fault)
		if err == nil || h != nil || !strings.HasPrefix(err.Error(), "fault: "+test.want) {
			t.Errorf("%v: %v, want fault: %s", test.fault, err, test.want)
		}
		if len(set.Handles()) != 0 {
			t.Errorf("%v was added", test.fault)
		}
	}
	if _, err := json.Marshal(Loss{Chance: 1_500_000}); err == nil {
		t.Error("a fault that no line could hold has a JSON form")
	}
}

func TestMistakesInJSON(t *testing.T) {
	for text, want := range map[string]string{
		``:                                      "fault: ",
		`[]`:                                    "fault: ",
		`{"type":"los"}`:                        `fault: no fault is called "los"`,
		`{"chance":"1%"}`:                       `fault: no fault is called ""`,
		`{"type":"loss","chance":1.5}`:          `fault: loss: chance is "1.5": give a percentage`,
		`{"type":"loss","chance":null}`:         `fault: loss: chance is null: there is no value`,
		`{"type":"loss","chance":[1]}`:          `fault: loss: chance is [1]: `,
		`{"type":"drop","from":["a,b"]}`:        `fault: drop: from is ["a,b"]: give names without commas`,
		`{"type":"drop","payload":{"hex":1}}`:   `fault: drop: payload is {"hex":1}: `,
		`{"type":"drop","payload":{"hex":"g"}}`: `fault: drop: payload is {"hex":"g"}: `,
		`{"type":"drop","nth":1,"Nth":2}`:       `fault: drop: there is no field "Nth"`,
	} {
		if f, err := ParseJSON([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s is read as %v, %v, want %s", text, f, err, want)
		}
	}
	var loss Loss
	if err := json.Unmarshal([]byte(`{"type":"drop"}`), &loss); err == nil || !strings.Contains(err.Error(), `type is "drop": give "loss"`) {
		t.Errorf("a drop is read as a loss: %v", err)
	}
	var list List
	if err := json.Unmarshal([]byte(`[{"type":"drop"},{"type":"x"}]`), &list); err == nil || !strings.HasPrefix(err.Error(), "fault 2: ") {
		t.Errorf("the place in the list is missing: %v", err)
	}
	if _, err := ParseList("drop\n\nloss chance=2\nx"); err == nil || !strings.HasPrefix(err.Error(), "line 4: fault: no fault") {
		t.Errorf("the line is missing: %v", err)
	}
}

func TestFuncHasNoForm(t *testing.T) {
	f := Func{Name: "mine", Verdict: func(Seed, *Packet) Verdict { return Verdict{Drop: true} }}
	if f.String() != "func name=mine" || fmt.Sprint(Func{}) != "func" {
		t.Errorf("it prints as %v", f)
	}
	if _, err := Parse(f.String()); err == nil {
		t.Error("a closure was read back")
	}
	if _, err := json.Marshal(f); err == nil || !strings.Contains(err.Error(), "a closure has no JSON") {
		t.Errorf("a closure has JSON: %v", err)
	}
	var unsupported *json.MarshalerError
	if _, err := json.Marshal(List{f}); !errors.As(err, &unsupported) {
		t.Errorf("a list with a closure has JSON: %v", err)
	}
	if v := f.Judge(1, tcp(t, segment{})); !v.Drop {
		t.Error("the closure was not asked")
	}
}
