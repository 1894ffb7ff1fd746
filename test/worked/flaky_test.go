//go:build worked

package worked

import (
	"testing"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// The tests of this file fail; docs/simulation.md shows how.

func TestFlakyPrice(t *testing.T) {
	wan.Test(t, func(t *testing.T, w *sim.World) {
		client := shop(w)
		w.Fault(fault.Loss{Chance: 4_500}) // 0.45 %
		price, err := FlakyPrice(client, "http://shop/price")
		if err != nil || price != "42" {
			t.Errorf("price %q, %v", price, err)
		}
	})
}

func TestFlakyPricePinned(t *testing.T) {
	wan.Test(t, func(t *testing.T, w *sim.World) {
		client := shop(w)
		w.Fault(fault.Drop{Select: fault.Select{From: []string{"shop"}, Payload: "42", Nth: 1, Across: true}})
		price, err := FlakyPrice(client, "http://shop/price")
		if err != nil || price != "42" {
			t.Errorf("price %q, %v", price, err)
		}
	})
}
