package bugs

import (
	"io"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// RFC 6298, section 5: as long as sent data is not acknowledged, a timer runs,
// and FIN counts as data. gVisor has no timer for a FIN that it sent first
// while it recovered from a loss, once its probe is lost, too: this is what
// play.finForgotten is for. When the test fails, gVisor has been mended, and
// both can go.
func TestFINSentInRecoveryIsForgotten(t *testing.T) {
	sim.Config{Path: sim.PathConfig{Delay: pathDelay}}.Test(t, func(t *testing.T, w *sim.World) {
		client, server := w.Host("client"), w.Host("server")
		l := sim.Must(server.Listen("tcp", ":7"))
		c := w.Must(client.Dial("tcp", "server:7"))
		w.Fault(fault.Drop{Select: fault.Select{From: []string{"client"}, PayloadMin: 1, Nth: 2}})
		w.Fault(fault.Drop{Select: fault.Select{From: []string{"client"}, Flags: fault.FIN, Nth: 1, Times: 2}})
		sim.Must(c.Write(make([]byte, 20_000)))
		w.RunFor(2*pathDelay + time.Millisecond) // the loss is known, its repair under way
		if err := endWriting(c); err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, w.Must(l.Accept()), 20_000); err != nil {
			t.Errorf("%d bytes arrived, %v", n, err)
		}
		w.RunFor(time.Hour)
		w.Packets(sim.From("client"), sim.FIN).WantLen(t, 2)
		t.Log(w.Packets(sim.Either(sim.Retransmission, sim.FIN)))
	})
}

// endWriting half-closes.
func endWriting(c io.Closer) error { return c.(interface{ CloseWrite() error }).CloseWrite() }
