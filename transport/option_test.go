package transport

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/transport/internal/framing"
)

func TestOptionErrorNamesOptionValueAndRemedy(t *testing.T) {
	tests := []struct {
		opt         Option
		want        []string
		unsupported bool
	}{
		{Option{"nodelay", 1}, []string{"{nodelay,1}", "refused", "true or false"}, false},
		{Option{"ttl", 256}, []string{"{ttl,256}", "1 to 255"}, false},
		{Option{"nosuch", nil}, []string{"nosuch", "no option of that name"}, false},
		{Option{"packet", Atom("http")}, []string{"{packet,http}", "not supported", "PacketLine"}, true},
		{Option{"raw", []byte{1}}, []string{"{raw,[]uint8}", "not supported"}, true},
		{Backlog(3), []string{"{backlog,3}", "for Listen only"}, false},
		{LocalPort(3), []string{"for Listen and Connect only"}, false},
		{Option{"mode", strings.Repeat("x", 1000)}, []string{`"xxx`, "...", "ModeBinary"}, false},
	}
	for _, tt := range tests {
		_, _, err := parseSet(new(settings), []Option{tt.opt})
		if err == nil {
			t.Errorf("%v was accepted", tt.opt)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
		if len(err.Error()) > 300 {
			t.Errorf("a message of %d bytes", len(err.Error()))
		}
		if errors.Is(err, errors.ErrUnsupported) != tt.unsupported {
			t.Errorf("%v: ErrUnsupported is %v", err, !tt.unsupported)
		}
	}
}

func TestBindToDeviceIsNeverIgnored(t *testing.T) {
	if err := bindToDevice(nil, ""); err != nil {
		t.Error(err)
	}
	if err := bindToDevice(nil, "lo"); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a network without interfaces answered %v", err)
	}
}

func TestPacketTypesAgreeWithFraming(t *testing.T) {
	for n := range 256 {
		p := PacketType(n)
		if p.valid() && p.String() != framing.Type(n).String() {
			t.Errorf("PacketType %d is %s here and %s in framing", n, p, framing.Type(n))
		}
	}
	s := defaultSettings()
	s.packet, s.packetSize, s.delimiter = PacketLine, 9, ';'
	if got, want := s.framing(), (framing.Config{Type: framing.Line, Max: 9, LineMax: 1460, Delimiter: ';'}); got != want {
		t.Errorf("framing() = %+v, want %+v", got, want)
	}
}

func TestHeaderSplitsOnlyBinary(t *testing.T) {
	s := defaultSettings()
	s.header = 2
	for _, tt := range []struct {
		mode Mode
		data string
		want int
	}{{ModeBinary, "abc", 2}, {ModeBinary, "a", 1}, {ModeList, "abc", 0}} {
		s.mode = tt.mode
		if p := s.payload(parcelOf([]byte(tt.data))); p.HeaderLen != tt.want || string(p.Header())+string(p.Rest()) != tt.data {
			t.Errorf("%v %q: header %d", tt.mode, tt.data, p.HeaderLen)
		}
	}
}

// TestOptionTableIsDocumented keeps docs/options.md complete: a row for each
// option, its places as the table has them.
func TestOptionTableIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/options.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 8 || !strings.Contains(cells[1], "`") {
			continue
		}
		for _, name := range strings.Split(cells[1], ",") {
			rows[strings.Trim(name, " `")] = strings.TrimSpace(cells[4])
		}
	}
	for name, spec := range optionTable {
		want := placeLetters(spec)
		if got, ok := rows[name]; !ok || got != want {
			t.Errorf("docs/options.md says %q for %s (row found: %v), the table says %q", got, name, ok, want)
		}
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("docs/options.md has %s, which does not exist", name)
	}
}

// placeLetters are the letters of docs/options.md.
func placeLetters(spec *optionSpec) string {
	s := ""
	for _, p := range []struct {
		at     place
		letter string
	}{{placeListen, "L"}, {placeConnect, "C"}, {placeSet, "S"}, {placeGet, "G"}} {
		if spec.at&p.at != 0 {
			s += p.letter
		}
	}
	if s == "" || s == "G" && spec.set == nil {
		return strings.Trim("none "+s, " ")
	}
	return s
}
