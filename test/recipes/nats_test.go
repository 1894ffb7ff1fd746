package recipes

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// natsDialer makes a host a nats.CustomDialer.
type natsDialer struct{ host *sim.Host }

func (d natsDialer) Dial(network, address string) (net.Conn, error) {
	return d.host.Dial(network, address)
}

// overNATS sends a request through a real NATS server.
func overNATS(t *testing.T, w *sim.World) {
	bus, app := w.Host("bus"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"bus"}, Payload: "carrot", Nth: 1}})
	broker := sim.Must(server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true}))
	broker.Start()
	defer broker.WaitForShutdown()
	defer broker.Shutdown()
	go join(sim.Must(bus.Listen("tcp", ":4222")), broker.InProcessConn)

	conn := sim.Must(nats.Connect("nats://bus:4222", nats.SetCustomDialer(natsDialer{app}), nats.SkipHostLookup()))
	defer conn.Close()
	sim.Must(conn.Subscribe("food", func(m *nats.Msg) { m.Respond([]byte("carrot")) }))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answer := sim.Must(conn.RequestWithContext(ctx, "food", nil))

	if string(answer.Data) != "carrot" {
		t.Errorf("the food is %q", answer.Data)
	}
	wantOneHit(t, lost)
}
