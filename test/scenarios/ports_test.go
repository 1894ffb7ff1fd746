package scenarios

import (
	"errors"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// fourPorts is a world whose hosts have four ephemeral ports.
func fourPorts() sim.Config {
	cfg := tenMS
	cfg.TCP.EphemeralPorts = netstack.PortRange{First: 40000, Last: 40003}
	return cfg
}

// Test24PortExhaustion: Linux, connect(2): a client whose ephemeral ports are all
// in use gets EADDRNOTAVAIL at once, and no packet is sent.
func Test24PortExhaustion(t *testing.T) {
	inWorld(t, fourPorts(), func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		sim.Must(srv.Listen("tcp", ":80"))
		for range 4 {
			w.Must(cli.Dial("tcp", "srv:80"))
		}
		w.Settle()
		start := w.Mark()
		if _, err := cli.Dial("tcp", "srv:80"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Error(err)
		}
		w.WantElapsed(t, 0)
		w.Settle()
		w.Packets().Since(start).WantLen(t, 0)
		w.WantCounter(t, cli, sim.PortsExhausted, 1)
	})
}

// Test25PortExhaustionPerDestination: RFC 9293 section 3.4.2: a connection is
// known by both ends, so the same port serves one connection to each
// destination, and it is the pairs that run out.
func Test25PortExhaustionPerDestination(t *testing.T) {
	inWorld(t, fourPorts(), func(t *testing.T, w *sim.World) {
		cli := w.Host("cli")
		for _, name := range []string{"one", "two"} {
			sim.Must(w.Host(name).Listen("tcp", ":80"))
			for range 4 {
				w.Must(cli.Dial("tcp", name+":80"))
			}
			if _, err := cli.Dial("tcp", name+":80"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
				t.Errorf("the fifth dial to %s: %v, want EADDRNOTAVAIL", name, err)
			}
		}
		w.WantSockets(t, cli, netstack.StateEstablished, 8)
		w.WantCounter(t, cli, sim.PortsExhausted, 2)
	})
}
