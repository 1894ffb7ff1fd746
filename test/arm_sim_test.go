package test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/test/vectors"
)

// simArm is the simulator: the contract on one host, the peers' connections on
// another, in virtual time, where a timeout comes at its very instant. world
// is that of the bubble in which everything happens.
type simArm struct{ world *sim.World }

func (simArm) Name() string { return "sim" }

// wayDelay is the time of one way. At none at all gVisor's RACK takes what it
// has sent at one instant for lost as soon as it is in recovery, and what it
// sends again too, for ever.
const wayDelay = time.Millisecond

// inBubbleWorld runs body in a bubble with a world of its own.
func inBubbleWorld(t *testing.T, body func(t *testing.T, arm vectors.Arm)) {
	sim.Config{Path: sim.PathConfig{Delay: wayDelay}}.Test(t, func(t *testing.T, w *sim.World) { body(t, simArm{w}) })
}

// runInVirtualTime runs a scenario, twice to see that it has one trace.
func runInVirtualTime(t *testing.T, s vectors.Scenario) (v vectors.Verdict) {
	runs := 2
	if testing.Short() {
		runs = 1
	}
	traces := make([]string, runs)
	for i := range traces {
		inBubbleWorld(t, func(t *testing.T, arm vectors.Arm) {
			v = vectors.Run(arm, s, vectors.Deviations)
			report(t, v)
			traces[i] = arm.(simArm).world.Hash()
		})
	}
	if traces[0] != traces[runs-1] {
		t.Errorf("the trace was %s, the second time %s", traces[0], traces[runs-1])
	}
	return v
}

// Open makes two hosts on a subnet of their own, so that several worlds of
// scenarios fit into one world of the simulator.
func (a simArm) Open(needs vectors.Needs) (vectors.World, error) {
	n := byte(len(a.world.Hosts()) / 2)
	v4 := func(host byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, n, host}) }
	v6 := func(host byte) netip.Addr { return netip.AddrFrom16([16]byte{0: 0xfd, 3: n, 15: host}) }
	w := &simScenario{sim: a.world, stackWorld: stackWorld{
		standIns: standIns{local1: v4(1), local2: v4(2), local3: v4(3), local6: v6(1)},
		peer4:    v4(100), peer6: v6(100),
	}}
	var err error
	w.host, err = a.world.AddHost(sim.HostConfig{
		Name:       fmt.Sprint("node-", n),
		Interfaces: []sim.InterfaceConfig{{Addresses: w.prefixes()}},
		TCP: netstack.TCPConfig{
			EphemeralPorts: netstack.PortRange{First: needs.PortFirst, Last: needs.PortLast},
		},
		SocketsMax: needs.SocketsMax,
	})
	if err != nil {
		return nil, err
	}
	w.peers, err = a.world.AddHost(sim.HostConfig{
		Name:       fmt.Sprint("peers-", n),
		Interfaces: []sim.InterfaceConfig{{Addresses: []netip.Prefix{onLink(w.peer4), onLink(w.peer6)}}},
	})
	if err != nil {
		return nil, err
	}
	w.stack = w.host.Stack()
	w.node, err = w.host.Transport()
	return w, err
}

// simScenario is a host whose peers live on another one.
type simScenario struct {
	stackWorld
	sim         *sim.World
	host, peers *sim.Host
}

func (w *simScenario) Clock() vectors.Clock { return virtualClock{w.host} }

func (w *simScenario) DialPeer(ctx context.Context, remote netip.AddrPort, recvBuffer int) (vectors.Peer, error) {
	return dialPeer(ctx, w.peers.Stack(), remote, recvBuffer)
}

// Settle waits until no packet is under way.
func (w *simScenario) Settle() { w.sim.Settle() }

func (w *simScenario) Close() error {
	return errors.Join(w.stackWorld.Close(), w.peers.Stack().Close())
}

// virtualClock is the time of a simulated host, in a bubble.
type virtualClock struct{ host *sim.Host }

var _ vectors.Clock = virtualClock{}

func (c virtualClock) Now() time.Time        { return c.host.Now() }
func (c virtualClock) Sleep(d time.Duration) { c.host.Sleep(d) }
func (c virtualClock) Slack() time.Duration  { return 0 }

func (c virtualClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}
