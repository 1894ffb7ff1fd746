package worlds

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// limitWorlds run out of something: places in a backlog, ports, patience.
func limitWorlds() []world {
	crowd := hostsNamed(append([]string{"srv"}, numbered("cli", 40)...)...)
	cookies := near
	cookies.TCP.SYNCookies = "always"
	few := near
	few.TCP.EphemeralPorts = netstack.PortRange{First: 40_000, Last: 40_009}
	return []world{
		{name: "a backlog overflows", cfg: near, build: crowd, run: overflow},
		{name: "a backlog overflows cooperatively", mode: cooperative, cfg: near, build: crowd, run: overflow},
		{name: "SYN cookies", mode: seeded, cfg: cookies, build: crowd, run: chat(3, 500, time.Millisecond)},
		{name: "ports run out", cfg: few, run: portsRunOut},
		{name: "nobody answers", mode: cooperative, cfg: near, build: hostsNamed("lonely"), run: nobody},
	}
}

// overflow lets many clients dial a listener with room for five, from which
// one connection is accepted now and then.
func overflow(t *testing.T, w *sim.World) {
	srv, all := w.Host("srv"), newCrew(t, w)
	l, err := srv.ListenTCP(":7", netstack.ListenOptions{Backlog: 4})
	if err != nil {
		t.Fatal(err)
	}
	srv.Go("accept", func() {
		for {
			srv.Sleep(200 * time.Millisecond)
			c, err := l.Accept()
			if err != nil {
				return
			}
			srv.Go("conn", func() { echoes(c); c.Close() })
		}
	})
	for _, h := range w.Hosts()[1:] {
		all.start(h, "talk", func() error {
			return persist(h, 20, func() error { return converse(h, "srv:7", 1, 400, 0) })
		})
	}
	all.wait()
	if drops := srv.Stats().TCP; drops.BacklogSYNDrops+drops.BacklogACKDrops == 0 {
		t.Error("the backlog never overflowed")
	}
}

// portsRunOut dials more connections than a host has ports, and again once
// some are free.
func portsRunOut(t *testing.T, w *sim.World) {
	srv, cli, all := w.Host("srv"), w.Host("cli"), newCrew(t, w)
	if err := serve(srv, ":7", echoes); err != nil {
		t.Fatal(err)
	}
	var refused atomic.Int64
	all.start(cli, "dial", func() error {
		for range 6 {
			open, err := dialAll(cli)
			if !errors.Is(err, syscall.EADDRNOTAVAIL) {
				return fmt.Errorf("%d dials, then %w", len(open), err)
			}
			refused.Add(1)
			for _, c := range open {
				if err := exchange(cli, c, 2, 300, 0); err != nil {
					return err
				}
			}
			cli.Sleep(70 * time.Second) // TIME-WAIT is over
		}
		return nil
	})
	all.wait()
	if refused.Load() != 6 {
		t.Errorf("the ports ran out %d times, want 6", refused.Load())
	}
}

// dialAll dials until it fails.
func dialAll(h *sim.Host) (open []net.Conn, err error) {
	for {
		c, err := h.Dial("tcp", "srv:7")
		if err != nil {
			return open, err
		}
		open = append(open, c)
	}
}

// nobody is a host in an empty world, which sends SYNs to addresses that no
// one has.
func nobody(t *testing.T, w *sim.World) {
	h, all := w.Host("lonely"), newCrew(t, w)
	for i := range 100 {
		all.start(h, fmt.Sprint("dial ", i), func() error {
			_, err := h.Dial("tcp", fmt.Sprintf("10.0.1.%d:80", i))
			if !errors.Is(err, syscall.ETIMEDOUT) {
				return fmt.Errorf("%v, want ETIMEDOUT", err)
			}
			return nil
		})
	}
	all.wait()
}
