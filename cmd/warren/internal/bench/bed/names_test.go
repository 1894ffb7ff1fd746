package bed

import (
	"strings"
	"testing"
)

func TestCheckNames(t *testing.T) {
	for names, want := range map[string]string{
		"":                   "",
		"a b":                "",
		"a a":                "name=a: is taken",
		"a b a":              "a, a-accepting, b",
		"a a-accepting":      "name=a-accepting: is taken",
		"a-accepting a":      "name=a: is taken",
		tunName:              "name=tun-1500: is taken: choose one that is none of kernel-veth, ",
		"tun-1500-accepting": "tun-water-65520",
		vethName:             "is taken",
		iperf3Name:           "is taken",
		"pasta-splice":       "is taken",
	} {
		var specs []Spec
		for _, name := range strings.Fields(names) {
			specs = append(specs, Spec{Name: name})
		}
		err := CheckNames(specs)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", names, err, want)
		}
	}
}
