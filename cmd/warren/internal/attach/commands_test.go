package attach

import (
	"reflect"
	"slices"
	"testing"
)

func TestForSystem(t *testing.T) {
	stack := prefixes(t, "10.7.0.2/24", "10.7.0.3/24", "fd07::2/64", "192.0.2.9/32")
	end := hostEnd{addresses: prefixes(t, "10.7.0.1/24", "fd07::1/64"), routes: prefixes(t, "192.0.2.9/32")}
	for _, c := range []struct {
		goos     string
		ask      hostEnd
		commands []string
	}{
		{"linux", end, nil},
		{"darwin", hostEnd{}, []string{
			"ifconfig w0 inet 10.7.0.1 10.7.0.2 up",
			"ifconfig w0 inet6 fd07::1 prefixlen 64 up",
			"route add -host 10.7.0.3 -interface w0",
			"route add -host 192.0.2.9 -interface w0",
		}},
		{"windows", hostEnd{addresses: end.addresses}, []string{`netsh interface ip set address "w0" static 10.7.0.1 255.255.255.0`}},
	} {
		ask, commands := end.forSystem(c.goos, stack)
		if !reflect.DeepEqual(ask, c.ask) {
			t.Errorf("%s: package tun is asked for %v, want %v", c.goos, ask, c.ask)
		}
		if got := commands("w0"); !slices.Equal(got, c.commands) {
			t.Errorf("%s: the user is asked for\n%q, want\n%q", c.goos, got, c.commands)
		}
	}
}
