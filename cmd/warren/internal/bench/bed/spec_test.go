package bed

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/tun"
)

func TestParseSpec(t *testing.T) {
	got, err := ParseSpec("name=one; mtu=65520;offload=off;gomaxprocs=1;gogc=400;busypoll=50us;queue=1000;sendbuffer=65536;receivebuffer=1048576;congestion=reno;timestamps=never;nosack=true;norack=true;pinned=true;cpuprofile=cpu.out")
	want := Spec{
		Name: "one", MTU: 65520, Offload: tun.OffloadOff, GOMAXPROCS: 1, GOGC: 400, BusyPoll: 50 * time.Microsecond, QueueMax: 1000,
		SendBuffer: 64 << 10, ReceiveBuffer: 1 << 20, CongestionControl: "reno", Timestamps: "never", NoSACK: true, NoRACK: true, Pinned: true, CPUProfile: "cpu.out",
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if got, err := ParseSpec("name=plain"); err != nil || got != (Spec{Name: "plain", MTU: 1500}) {
		t.Errorf("a name alone: %+v, %v, want the defaults", got, err)
	}
	if got, err := ParseSpec(" name = on ; norack;mtu= 1280;nosack=false"); err != nil || got != (Spec{Name: "on", MTU: 1280, NoRACK: true}) {
		t.Errorf("a switch alone, and blanks: %+v, %v", got, err)
	}
	if got, err := ParseSpec("name=calm;busypoll=-1ns"); err != nil || got.BusyPoll >= 0 {
		t.Errorf("without polling: %+v, %v", got, err)
	}
}

// A Spec reaches the worker as JSON.
func TestSpecTravels(t *testing.T) {
	for _, want := range append(standardSpecs(), Spec{Name: "x", MTU: 1500, BusyPoll: time.Millisecond, Pinned: true}) {
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Spec
		if err := json.Unmarshal(raw, &got); err != nil || got != want {
			t.Errorf("%s became %+v, %v, want %+v", raw, got, err, want)
		}
	}
}

func TestParseSpecNamesKeyValueAndRemedy(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                {`""`, "name=one;mtu=65520"},
		"mtu=1500":                        {`name=""`, "give a name"},
		"name=a b":                        {`name="a b"`, "blanks"},
		"name=a;":                         {`"" is no key=value`},
		"name=a;fast":                     {`"fast" is no key=value`},
		"name=a;mtu":                      {"mtu=: is empty", "give a value"},
		"name=a;name=b":                   {"name: is given twice"},
		"name=a;norack;norack=false":      {"norack: is given twice"},
		"name=a;mtu=big":                  {"mtu=big", "is no whole number", "give digits alone"},
		"name=a;mtu=1e99":                 {"mtu=1e99", "is no whole number"},
		"name=a;mtu=99999999999999999999": {"far too large"},
		"name=a;mtu=70000":                {"mtu=70000", "576 to 65535"},
		"name=a;speed=9":                  {`"speed": is no key`, "choose of name, mtu"},
		"name=a;busypoll=2":               {"busypoll=2", "with a unit, such as 50us"},
		"name=a;busypoll=2s":              {"busypoll=2s", "at most 1s"},
		"name=a;gomaxprocs=-1":            {"gomaxprocs=-1", "0 to 1024"},
		"name=a;offload=maybe":            {"offload=maybe", "auto"},
		"name=a;pinned=perhaps":           {"pinned=perhaps", "true or false"},
		"name=a;norack=":                  {"norack=: is empty"},
		"name=a;congestion=":              {"congestion=: is empty"},
		"name=a;congestion=foo":           {`"foo"`, `use "cubic" or "reno"`},
		"name=a;timestamps=foo":           {`"foo"`, `use "automatic", "always" or "never"`},
		"name=a;receivebuffer=1":          {"ReceiveBuffer", "at least 2304 bytes"},
		"name=a;sendbuffer=2000000000":    {"sendbuffer", "0 to"},
	} {
		_, err := ParseSpec(text)
		for _, w := range append(want, `variant "`+text) {
			if err == nil || strings.Contains(err.Error(), "strconv") || !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, want it to have %q", text, err, w)
			}
		}
	}
}

// What the device or the stack refuses ends the opening, with nothing left
// open.
func TestOpenStackRefuses(t *testing.T) {
	for raw, want := range map[string]string{
		`{"name":`:             "unexpected end",
		`{"name":"a","mtu":1}`: "mtu=1",
	} {
		if _, _, err := openStack([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}
