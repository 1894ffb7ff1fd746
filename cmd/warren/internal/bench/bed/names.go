package bed

import (
	"fmt"
	"slices"
	"strings"
)

// The names of the variants.
const (
	vethName      = "kernel-veth"
	loopbackName  = "kernel-loopback"
	iperf3Name    = "iperf3"
	tunName       = "tun-1500"
	tunLargeName  = "tun-65520"
	tunPlainName  = "tun-water-65520"
	acceptingName = "-accepting" // is added to the others
)

// gatewayNames are those of the peers.
var gatewayNames = []string{"slirp4netns-1500", "slirp4netns-65520", "pasta-1500", "pasta-65520", "pasta-splice"}

// CheckNames finds specs whose name, or whose name where the kernel dials, is
// that of another variant.
func CheckNames(specs []Spec) error {
	taken := append([]string{vethName, loopbackName, iperf3Name}, gatewayNames...)
	for _, s := range standardSpecs() {
		taken = append(taken, s.Name, s.Name+acceptingName)
	}
	for _, s := range specs {
		if slices.Contains(taken, s.Name) || slices.Contains(taken, s.Name+acceptingName) {
			return fmt.Errorf("name=%s: is taken: choose one that is none of %s", s.Name, strings.Join(taken, ", "))
		}
		taken = append(taken, s.Name, s.Name+acceptingName)
	}
	return nil
}
