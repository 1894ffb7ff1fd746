package worlds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// hostWorlds have hosts that crash, stand still and have wrong clocks.
func hostWorlds() []world {
	second := time.Second
	five := numbered("cli", 5)
	return []world{
		{name: "crash and restart", cfg: near, build: withBoot(five), run: stubborn(18, 2000),
			faults: []fault.Fault{fault.Crash{Host: "srv", At: 600 * time.Millisecond, Restart: 2 * second}}},
		{name: "two crashes cooperatively", mode: cooperative, cfg: near, build: withBoot(five), run: stubborn(18, 2000),
			faults: []fault.Fault{
				fault.Crash{Host: "srv", At: 600 * time.Millisecond, Restart: second},
				fault.Crash{Host: "cli-2", At: 700 * time.Millisecond, Restart: second},
				fault.Crash{Host: "srv", At: 2500 * time.Millisecond, Restart: second},
			}},
		{name: "a crash for good", cfg: near, build: hostsNamed("srv", "cli"), run: bereaved,
			faults: []fault.Fault{fault.Crash{Host: "srv", At: 700 * time.Millisecond}}},
		{name: "pause", mode: seeded, cfg: near, build: hostsNamed(append(five, "srv")...), run: chat(18, 2000, 60*time.Millisecond),
			faults: []fault.Fault{
				fault.Pause{Host: "srv", At: 400 * time.Millisecond, For: 700 * time.Millisecond},
				fault.Pause{Host: "cli-3", At: 2 * second, For: 5 * second},
			}},
		{name: "pause in a bubble", cfg: near, run: download(600_000),
			faults: []fault.Fault{fault.Pause{Host: "srv", At: 50 * time.Millisecond, For: 200 * time.Millisecond}}},
		{name: "skewed clocks", cfg: near, build: hostsNamed("srv", "a", "b"), run: chat(45, 2000, 80*time.Millisecond),
			faults: []fault.Fault{
				fault.Skew{Host: "a", At: second, PPM: 200_000}, fault.Skew{Host: "srv", At: 2 * second, PPM: -300_000},
				fault.Loss{Chance: 20_000},
			}},
		{name: "clocks that are off", mode: cooperative, cfg: near, build: func(w *sim.World) {
			w.Host("srv", func(c *sim.HostConfig) { c.ClockOffset = -3 * time.Hour })
			w.Host("a", func(c *sim.HostConfig) { c.ClockOffset, c.ClockSkewPPM = 5*time.Minute, 1000 })
			w.Host("b", func(c *sim.HostConfig) { c.ClockSkewPPM = -1000 })
		}, run: chat(45, 2000, 40*time.Millisecond), faults: []fault.Fault{fault.Loss{Chance: 20_000}}},
	}
}

// withBoot adds a server that echoes from its start, and clients.
func withBoot(clients []string) func(w *sim.World) {
	return func(w *sim.World) {
		w.Host("srv", func(c *sim.HostConfig) {
			c.Boot = func(h *sim.Host) { _ = serve(h, ":7", echoes) } // it may be down again
		})
		hostsNamed(clients...)(w)
	}
}

// stubborn is a run in which all clients begin anew when their conversation
// breaks off.
func stubborn(lines, n int) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		all := newCrew(t, w)
		for _, h := range w.Hosts()[1:] {
			all.start(h, "talk", func() error {
				return persist(h, 20, func() error { return converse(h, "srv:7", lines, n, 30*time.Millisecond) })
			})
		}
		all.wait()
	}
}

// bereaved is a run whose server is gone for good: its clients notice after
// as many retransmissions as they are told, or by their keep-alive.
func bereaved(t *testing.T, w *sim.World) {
	srv, all := w.Host("srv"), newCrew(t, w)
	if err := serve(srv, ":7", echoes); err != nil {
		t.Fatal(err)
	}
	tcp := netstack.TCPConfig{Retries: 4}
	tcp.KeepAlive.Enable, tcp.KeepAlive.Idle, tcp.KeepAlive.Interval, tcp.KeepAlive.Count = true, time.Second, time.Second, 3
	for i := range 4 {
		h := w.Host(fmt.Sprint("heir-", i), func(c *sim.HostConfig) { c.TCP = tcp })
		all.start(h, "talk", func() error {
			if err := converse(h, "srv:7", 100, 2000, 20*time.Millisecond); !errors.Is(err, syscall.ETIMEDOUT) {
				return fmt.Errorf("%v, want ETIMEDOUT", err)
			}
			return nil
		})
		all.start(h, "listen", func() error {
			// The dials of one host at one instant have to be told apart.
			c, err := h.DialContext(sim.Named(context.Background(), "listen"), "tcp", "srv:7")
			if err != nil {
				return err
			}
			if _, err := io.ReadAll(c); !errors.Is(err, syscall.ETIMEDOUT) {
				return fmt.Errorf("%v, want ETIMEDOUT", err)
			}
			return c.Close()
		})
	}
	all.wait()
}
