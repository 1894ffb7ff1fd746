package tun

import (
	"strings"
	"testing"
)

func TestOffloadTexts(t *testing.T) {
	for o, text := range map[Offload]string{OffloadAuto: "auto", OffloadOn: "on", OffloadOff: "off"} {
		if o.String() != text {
			t.Errorf("%d.String() is %q, want %q", uint8(o), o, text)
		}
		if b, err := o.MarshalText(); err != nil || string(b) != text {
			t.Errorf("%d.MarshalText() is %q, %v, want %q", uint8(o), b, err, text)
		}
		back := Offload(77)
		if err := back.UnmarshalText([]byte(text)); err != nil || back != o {
			t.Errorf("UnmarshalText(%q) gives %v, %v", text, back, err)
		}
	}
	if s := Offload(9).String(); s != "Offload(9)" {
		t.Errorf("an unknown value is called %q", s)
	}
	if _, err := Offload(9).MarshalText(); err == nil || !strings.Contains(err.Error(), "Offload 9") {
		t.Errorf("MarshalText of an unknown value: %v, want an error that names it", err)
	}
	unchanged := OffloadOn
	for _, text := range []string{"", "ON", "maybe"} {
		err := unchanged.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), "auto, on or off") || unchanged != OffloadOn {
			t.Errorf("UnmarshalText(%q): %v, %v, want an error with the texts there are, and nothing changed", text, err, unchanged)
		}
	}
}
