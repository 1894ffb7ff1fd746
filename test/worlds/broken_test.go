package worlds

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// brokenWorlds have links that are down for a while, and packets that are
// lost by number.
func brokenWorlds() []world {
	second := time.Second
	return []world{
		{name: "partition", cfg: near, build: hostsNamed("srv", "a", "b"), run: chat(32, 3000, 40*time.Millisecond),
			faults: []fault.Fault{fault.Partition{Start: second, End: 4 * second, A: []string{"srv"}, B: []string{"a"}}}},
		{name: "one-way partition", mode: seeded, cfg: near, build: hostsNamed("srv", "a", "b"), run: chat(32, 3000, 40*time.Millisecond),
			faults: []fault.Fault{fault.Partition{Start: second, End: 3 * second, A: []string{"srv"}, OneWay: true}}},
		{name: "flap", cfg: near, run: chat(50, 3000, 80*time.Millisecond),
			faults: []fault.Fault{fault.Flap{Up: 700 * time.Millisecond, Down: 300 * time.Millisecond}}},
		{name: "packets by number", mode: cooperative, cfg: near, build: hostsNamed("srv", "a", "b", "c"), run: download(120_000),
			faults: []fault.Fault{
				fault.Drop{Select: fault.Select{Flags: fault.SYN, Without: fault.ACK, Nth: 1}},
				fault.Drop{Select: fault.Select{Flags: fault.SYN | fault.ACK, Nth: 1, Times: 2}},
				fault.Drop{Select: fault.Select{From: []string{"srv"}, PayloadMin: 1, Nth: 20, Times: 3}},
				fault.Drop{Select: fault.Select{Flags: fault.FIN, Nth: 1}},
			}},
		{name: "one packet", cfg: near, run: onePacket,
			faults: []fault.Fault{
				fault.Exact{Path: "srv/eth0>cli/eth0", Flow: flowOfChat, Index: 7, Drop: true},
				fault.Exact{Path: "srv/eth0>cli/eth0", Flow: flowOfChat, Index: 40, Copies: 3},
				fault.Exact{Path: "srv/eth0>cli/eth0", Flow: flowOfChat, Index: 90, Delay: 30 * time.Millisecond},
			}},
	}
}

// flowOfChat is that of onePacket, from the server.
var flowOfChat = fault.Flow{
	Proto: fault.TCP,
	Src:   netip.MustParseAddrPort("10.0.0.1:7"), Dst: netip.MustParseAddrPort("10.0.0.2:1234"),
}

// onePacket is a long echo from a known port.
func onePacket(t *testing.T, w *sim.World) {
	srv, cli := w.Host("srv"), w.Host("cli")
	all := newCrew(t, w)
	if err := serve(srv, ":7", echoes); err != nil {
		t.Fatal(err)
	}
	all.start(cli, "talk", func() error {
		c, err := cli.Stack().DialTCP(context.Background(), flowOfChat.Src, netstack.DialOptions{Local: flowOfChat.Dst})
		if err != nil {
			return err
		}
		return exchange(cli, c, 60, 3000, 5*time.Millisecond)
	})
	all.wait()
}
