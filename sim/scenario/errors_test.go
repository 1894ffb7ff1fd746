package scenario

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// mistakes are lines behind a start that has hosts and sockets, with the column
// and the word that the error must name and words that it must say.
var mistakes = []struct {
	line   string
	column int
	word   string
	want   string
}{
	{"dail cli srv:80", 1, "dail", `unknown command "dail": did you mean "dial"?`},
	{"counters cli foo", 14, "foo", `unknown counter "foo": docs/scenarios.md lists them`},
	{"host b send-buffer=0", 20, "0", "no byte fits"},
	{"host b mtu=575", 12, "575", "from 576 to 65535"},
	{"c2 = dial cli srvr:80", 15, "srvr", `unknown host "srvr": did you mean "srv"?`},
	{"c2 = dial clo srv:80", 11, "clo", `did you mean "cli"?`},
	{"c2 = dial cli srv", 15, "srv", "such as srv:80"},
	{"c2 = dial cli srv:http", 15, "srv:http", "port from 0 to 65535"},
	{"c2 = dial cli srv:70000", 15, "srv:70000", "port from 0 to 65535"},
	{"c2 = dial cli :80", 15, ":80", "name the host"},
	{"c2 = dial cli fd00::1:80", 15, "fd00::1:80", "[fd00::1]:80"},
	{"c2 = dial", 10, "", "HOST is missing: write NAME = dial HOST"},
	{"c2 = dial cli", 14, "", "TARGET:PORT is missing"},
	{"dial cli srv:80", 1, "dial", "what dial makes has no name"},
	{"c2 = dial cli srv:80 timeout=5", 30, "5", "timeout is \"5\": give a time with its unit"},
	{"c2 = dial cli srv:80 timeout=-5s", 30, "-5s", "timeout"},
	{"c2 = dial cli srv:80 timeuot=5s", 22, "timeuot", `unknown word "timeuot=": did you mean "timeout="?`},
	{"c2 = dial cli srv:80 timeout=5s timeout=6s", 33, "timeout", "given twice"},
	{"c2 = dial cli srv:80 now", 22, "now", "one word too many"},
	{"c2 = dial cli srv:80 nodelay=maybe", 30, "maybe", "give one of on, off"},
	{"cli = dial cli srv:80", 1, "cli", `"cli" is the name of a host since line 2`},
	{"9c = dial cli srv:80", 1, "9c", "cannot be a name"},
	{"c2 = dial cli srv:80 local=:5000 dns", 28, ":5000", "local= cannot be had with dns"},
	{"packets times gaps", 15, "gaps", "one word too many"},
	{"s2 = accept c", 13, "c", `"c" is a connection, where a listener is wanted`},
	{"read l", 6, "l", "is a listener, where a connection is wanted"},
	{"x = read c", 1, "x", "makes nothing that could be called x"},
	{"read c 0", 1, "read", "0 bytes"},
	{"write c hello", 9, "hello", "put text in quotes"},
	{"write c \"hello", 9, "\"hello", "not closed"},
	{"write c \"hello\"now", 16, "now", "put a space between"},
	{"write c 1G", 9, "1G", "such as 1460, 64k or 1M"},
	{"write c 65M", 9, "65M", "up to 67108864"},
	{"run 5", 5, "5", "such as 1.5s or 20ms"},
	{"run", 4, "", "TIME is missing"},
	{"run 5s &", 1, "run", "cannot go on in the background"},
	{"await r", 7, "r", `unknown background call "r"`},
	{"host srv", 6, "srv", "choose another one"},
	{"host b c", 8, "c", "one word too many"},
	{"host b addr=10.1.0.1", 13, "10.1.0.1", "such as 10.1.0.1/24"},
	{"host b ports=5-1", 14, "5-1", "first and the last port"},
	{"host b retries=many", 16, "many", "whole number"},
	{"host b timewait=0s", 17, "0s", "above 0"},
	{"host b keepalive=2h", 18, "2h", "2h/75s/9"},
	{"host b congestion=vegas", 19, "vegas", "cubic, reno"},
	{"host b send-buffer=1/2", 20, "1/2", "4k/64k/1M"},
	{"link cli srv delay=-10ms", 20, "-10ms", "delay is \"-10ms\""},
	{"link cli srv rate=10", 19, "10", "10mbit"},
	{"link cli srv queue=10", 20, "10", "100p"},
	{"link cli srv jitter=gauss:2ms", 21, "gauss:2ms", "normal:2ms"},
	{"link cli srv mtu=10", 18, "10", "from 68 to 65535"},
	{"link cli cli delay=1ms", 1, "link", "to itself"},
	{"link cli", 9, "", "NAME is missing"},
	{"link cli srv dealy=1ms", 14, "dealy", `did you mean "delay="?`},
	{"seed 5", 1, "seed", "must stand before"},
	{"fault loss chance=1.5", 19, "1.5", "percentage"},
	{"fault loss chanse=1%", 19, "1%", `no field "chanse"`},
	{"fault loss", 7, "loss", "chance"},
	{"fault lost chance=1%", 7, "lost", `no fault is called "lost"`},
	{"fault loss chance=1% from=cli,srvr", 31, "srvr", `unknown host "srvr": did you mean "srv"?`},
	{"remove f", 8, "f", `unknown fault "f"`},
	{"packets form=cli", 9, "form", `did you mean "from="?`},
	{"packets dat", 9, "dat", `did you mean "data"?`},
	{"packets since=boot", 15, "boot", `unknown mark "boot"`},
	{"packets not=syn,datta", 17, "datta", `did you mean "data"?`},
	{"info c cwmd", 8, "cwmd", `did you mean "cwnd"?`},
	{"counters srv syn-quue", 14, "syn-quue", `did you mean "syn-queue"?`},
	{"sockets srv TIMEWAIT", 13, "TIMEWAIT", `did you mean "TIME-WAIT"?`},
	{"o = tcp.listen anna 80", 16, "anna", `unknown owner "anna"`},
	{"repeat 3", 9, "", "COMMAND is missing"},
	{"repeat many run 1s", 8, "many", "whole number"},
	{"repeat 3 repeat 3 run 1s", 10, "repeat", "cannot be repeated"},
	{"repeat 2 c%n = dial cli srvr:80", 25, "srvr", `did you mean "srv"?`},
	{"inject c S 0:0(0)", 18, "", "direction is missing"},
	{"inject c < S 0:1(0)", 14, "0:1(0)", "does not add up"},
	{"inject c < S 0:0(0) <mss 1460> windows 5", 32, "windows", "what may follow"},
	{"inject srv:80 > cli S 0:0(0)", 17, "cli", "the destination is"},
	{"x =", 4, "", "nothing stands behind x ="},
}

const beforeMistake = "host srv\nhost cli\nwire mallory\nl = listen srv :80\nc = dial cli srv:80\n"

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	for _, m := range mistakes {
		_, err := Parse("x.scenario", []byte(beforeMistake+m.line+"\n"))
		var all Errors
		if !errors.As(err, &all) || len(all) != 1 {
			t.Errorf("%s: %v, want one mistake", m.line, err)
			continue
		}
		e := all[0]
		if e.Line != 6 || e.Column != m.column || e.Word != m.word {
			t.Errorf("%s: the error names %d:%d %q, want 6:%d %q\n%v", m.line, e.Line, e.Column, e.Word, m.column, m.word, err)
		}
		if !strings.Contains(e.Problem, m.want) {
			t.Errorf("%s: %q does not say %q", m.line, e.Problem, m.want)
		}
		if place := fmt.Sprintf("x.scenario:6:%d: ", e.Column); !strings.HasPrefix(err.Error(), place) {
			t.Errorf("%s: %v does not begin with %s", m.line, err, place)
		}
	}
}

func TestAllMistakesOfAFileAreTold(t *testing.T) {
	_, err := Parse("x.scenario", []byte("hots a\nhost b\n\nrnu 5s\n----\n\n"+strings.Repeat("sleep 1s\n", 20)))
	var all Errors
	if !errors.As(err, &all) || len(all) != errorsMax || all[0].Line != 1 || all[1].Line != 4 {
		t.Errorf("%v", err)
	}
	var one *Error
	if !errors.As(err, &one) || one.Line != 1 {
		t.Errorf("the first mistake is %v", one)
	}
}

func TestLimitsOfAFile(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("#", fileBytesMax+1):     "at most",
		strings.Repeat("repeat 9999 wait\n", 6): "more than 50000 commands",
	} {
		if _, err := Parse("x.scenario", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range mistakes {
		f.Add(beforeMistake + m.line)
	}
	f.Add("seed 3\n\nhost a # comment\n----\nx\r\n\n----\n\n#\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || strings.Contains(text, "repeat") && len(text) > 256 {
			return
		}
		file, err := Parse("fuzz", []byte(text))
		if err != nil {
			var all Errors
			if !errors.As(err, &all) {
				t.Fatalf("%T: %v", err, err)
			}
			for _, e := range all {
				if e.Line < 1 || e.Column < 1 || e.Problem == "" {
					t.Errorf("%+v", e)
				}
			}
			return
		}
		// What was expected is kept where nothing is observed in its place.
		want := make([][]string, len(file.blocks))
		for i := range want {
			want[i] = file.blocks[i].want
		}
		if again, err := Parse("fuzz", file.updated(want)); err != nil || len(again.blocks) != len(file.blocks) {
			t.Errorf("%q becomes %q: %v", text, file.updated(want), err)
		}
	})
}

// TestFilesWithoutCommands are refused: they would pass whatever happens.
func TestFilesWithoutCommands(t *testing.T) {
	for _, text := range []string{"", "\n\n", "# only a comment\n", "----\n"} {
		if _, err := Parse("x.scenario", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "x.scenario:1:1: the file has no commands: give hosts") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Parse("x.scenario", []byte("host a")); err != nil {
		t.Error(err)
	}
}
