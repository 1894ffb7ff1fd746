package worlds

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// contractWorlds are about the Transport.
func contractWorlds() []world {
	hosts := hostsNamed(append([]string{"srv"}, numbered("cli", 8)...)...)
	lost := []fault.Fault{fault.Loss{Chance: 20_000}}
	return []world{
		{name: "a pool", cfg: near, build: hosts, run: pooled(8, 3000), faults: lost},
		{name: "a pool cooperatively", mode: cooperative, cfg: near, build: hosts, run: pooled(8, 3000), faults: lost},
		{name: "a pool in any order", mode: seeded, cfg: near, build: hosts, run: pooled(8, 3000), faults: lost},
		{name: "active mode", cfg: near, build: hosts, run: active(6, 5000), faults: lost},
		{name: "active mode cooperatively", mode: cooperative, cfg: near, build: hosts, run: active(6, 5000), faults: []fault.Fault{
			fault.Burst{Enter: 5_000, Leave: 250_000, Bad: 900_000},
		}},
	}
}

// owner is a new owner on a host.
func owner(h *sim.Host, name string) *transport.TCP {
	return sim.Must(h.Transport()).NewOwner(name).TCP()
}

// ask connects to a server of packets with a length before them, and expects
// each back.
func ask(h, srv *sim.Host, times, n int) error {
	tcp := owner(h, "client")
	s, err := tcp.Connect(netip.AddrPortFrom(srv.Addr(), 7), transport.Infinity,
		transport.Binary(), transport.Active(false), transport.Packet(transport.Packet4))
	if err != nil {
		return err
	}
	question := text(n)
	for i := range times {
		if err := tcp.Send(s, question); err != nil {
			return err
		}
		answer, err := tcp.Receive(s, 0, time.Minute)
		if err != nil || string(answer.Data) != string(question) {
			return fmt.Errorf("question %d: %d bytes came back: %w", i, len(answer.Data), err)
		}
	}
	return tcp.Close(s)
}

// pooled lets more clients than it has room for talk to a pool.
func pooled(times, n int) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		srv, all := w.Host("srv"), newCrew(t, w)
		p, err := pool.Start(pool.Config{
			Node: sim.Must(srv.Transport()), Port: 7, Acceptors: 2, ConnectionsMax: 3,
			Options: []transport.Option{transport.Binary(), transport.Active(false), transport.Packet(transport.Packet4)},
			Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
				for {
					data, err := tcp.Receive(s, 0, transport.Infinity)
					if err != nil || tcp.Send(s, data.Data) != nil {
						return
					}
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range w.Hosts()[1:] {
			all.start(h, "ask", func() error { return ask(h, srv, times, n) })
		}
		all.wait()
		w.RunFor(time.Second) // the last one's end arrives
		if served := p.Info().Served; served != 8 {
			t.Errorf("the pool has served %d clients, want 8", served)
		}
	}
}

// active lets a server hand each connection over to an owner of its own, which
// echoes in active mode.
func active(times, n int) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		srv, all := w.Host("srv"), newCrew(t, w)
		acceptor := owner(srv, "acceptor")
		l, err := acceptor.Listen(7, transport.Binary(), transport.Active(false), transport.Packet(transport.Packet4))
		if err != nil {
			t.Fatal(err)
		}
		all.start(srv, "accept", func() error {
			for i := range len(w.Hosts()) - 1 {
				s, err := acceptor.Accept(l, transport.Infinity)
				if err != nil {
					return err
				}
				o := sim.Must(srv.Transport()).NewOwner(fmt.Sprint("echo ", i))
				if err := acceptor.ControllingProcess(s, o); err != nil {
					return err
				}
				all.start(srv, o.Name(), func() error { return echoOnce(o, s) })
			}
			_, err := acceptor.Accept(l, 5*time.Second)
			if !errors.Is(err, transport.ErrTimeout) {
				return fmt.Errorf("%v, want a timeout", err)
			}
			return acceptor.Close(l)
		})
		for _, h := range w.Hosts()[1:] {
			all.start(h, "ask", func() error { return ask(h, srv, times, n) })
		}
		all.wait()
	}
}

// echoOnce sends back one message at a time until the peer closes.
func echoOnce(o *transport.Owner, s *transport.Socket) error {
	defer o.Exit()
	for {
		if err := o.TCP().SetOpts(s, transport.ActiveOnce()); err != nil {
			return err
		}
		m, err := o.Receive(2 * time.Minute)
		if err != nil {
			return err
		}
		data, ok := m.(transport.Data)
		if !ok {
			return nil
		}
		if err := o.TCP().Send(s, data.Payload.Data); err != nil {
			return err
		}
	}
}
