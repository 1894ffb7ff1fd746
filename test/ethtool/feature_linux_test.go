//go:build !android

package ethtool_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/test/ethtool"
	"github.com/seed-731cb71d/warren/test/netns"
)

func TestFeatureIsSwitched(t *testing.T) {
	netns.Run(t, func(t *testing.T) {
		for _, on := range []bool{false, true, false} {
			if err := ethtool.SetFeature("lo", unix.ETHTOOL_SGRO, on); err != nil {
				t.Fatal(err)
			}
			if got, err := ethtool.Feature("lo", unix.ETHTOOL_GGRO); err != nil || got != on {
				t.Errorf("%t, %v, want %t", got, err, on)
			}
		}
	})
}

func TestInterfacesThatAreNotThere(t *testing.T) {
	for _, name := range []string{"no-such-0", "a-name-that-is-too-long"} {
		if on, err := ethtool.Feature(name, unix.ETHTOOL_GTSO); on || !errors.Is(err, unix.ENODEV) {
			t.Errorf("%s: %t, %v, want ENODEV", name, on, err)
		}
		if err := ethtool.SetFeature(name, unix.ETHTOOL_SGRO, true); !errors.Is(err, unix.ENODEV) {
			t.Errorf("%s: %v, want ENODEV", name, err)
		}
	}
}
