package test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
)

// TestStacksLeakNothing opens and closes many connections between two stacks,
// closes the stacks at a random moment of that, and does so again and again.
// Afterwards goroutines, descriptors and heap must be where they were.
func TestStacksLeakNothing(t *testing.T) {
	rounds, conns := 5, 300
	switch {
	case *long:
		rounds, conns = 50, 10_000
	case testing.Short():
		rounds, conns = 3, 100
	}
	random := rand.New(rand.NewPCG(7, 7))
	leakRound(t, conns, conns) // fills the pools that live as long as the process
	start := usage(t)
	for round := range rounds {
		leakRound(t, conns, 1+random.IntN(conns))
		if round%10 == 9 {
			t.Logf("round %d: %+v, at the start %+v", round+1, usage(t), start)
		}
	}
	const heapSlack = 2 << 20
	var end holdings
	if !wait.True(func() bool {
		end = usage(t)
		return end.goroutines <= start.goroutines && end.descriptors <= start.descriptors && end.heapBytes <= start.heapBytes+heapSlack
	}) {
		t.Errorf("after %d rounds: %+v, at the start %+v", rounds, end, start)
	}
}

// leakRound opens conns connections one way and closes both stacks when the
// given number of them has been served.
func leakRound(t *testing.T, conns, closeAfter int) {
	t.Helper()
	client, server := leakPair(t)
	ln, err := server.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
	var next, served atomic.Int64
	enough := make(chan struct{})
	for range 16 {
		all.Go(func() {
			for next.Add(1) <= int64(conns) && converse(client) {
				if served.Add(1) == int64(closeAfter) {
					close(enough)
				}
			}
		})
	}
	<-enough
	all.Go(func() { client.Close() })
	all.Go(func() { server.Close() })
	all.Wait()
}

// converse makes a connection, sends a byte both ways and closes it.
func converse(client *netstack.Stack) bool {
	c, err := client.DialContext(context.Background(), "tcp", "192.0.2.2:80")
	if err != nil {
		return false
	}
	defer c.Close()
	if _, err := c.Write([]byte{1}); err != nil {
		return false
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err == nil
}

func leakPair(t *testing.T) (client, server *netstack.Stack) {
	t.Helper()
	x, y := netstack.Pipe(1500)
	var stacks [2]*netstack.Stack
	for i, l := range []netstack.Link{x, y} {
		addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 24)
		s, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{Link: l, Addresses: []netip.Prefix{addr}}}})
		if err != nil {
			t.Fatal(err)
		}
		stacks[i] = s
	}
	return stacks[0], stacks[1]
}

// holdings is what a process holds.
type holdings struct {
	goroutines  int
	descriptors int // 0 where the system does not tell
	heapBytes   uint64
}

// usage measures after two collections: the first may only fill the pools'
// victim caches.
func usage(t *testing.T) holdings {
	t.Helper()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := holdings{goroutines: runtime.NumGoroutine(), heapBytes: m.HeapAlloc}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		r.descriptors = len(entries)
	}
	return r
}
