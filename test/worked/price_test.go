package worked

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

const roundTrip = 40 * time.Millisecond

// wan is what lies between the shop and those who ask.
var wan = sim.Config{Path: sim.PathConfig{Delay: roundTrip / 2}}

// shop adds a host that serves prices, and returns a client on another.
func shop(w *sim.World) *http.Client {
	listener := sim.Must(w.Host("shop").Listen("tcp", ":80"))
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "42")
	}))
	return &http.Client{Transport: &http.Transport{DialContext: w.Host("app").DialContext}}
}

func TestPriceTriesAgain(t *testing.T) {
	wan.Test(t, func(t *testing.T, w *sim.World) {
		client := shop(w)
		lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"shop"}, Payload: "42", Nth: 1, Across: true}})
		price, err := Price(client, "http://shop/price")
		if err != nil || price != "42" || lost.Hits() != 1 {
			t.Errorf("price %q, %v, after %d lost packets", price, err, lost.Hits())
		}
		if took, want := w.Now(), timeout+2*roundTrip; took != want {
			t.Errorf("took %v, want %v: one try in vain, then a new connection", took, want)
		}
	})
}
