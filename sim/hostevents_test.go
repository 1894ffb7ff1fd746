package sim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// troubled is a web server that crashes, restarts and stands still, with a
// clock that is wrong, and clients whose name service is slow and then silent.
// Each client asks until it has had five whole pages.
func troubled(t *testing.T, seed uint64) (hash string, packets uint64) {
	cfg := Config{Seed: seed, Path: PathConfig{Delay: 5 * time.Millisecond, BitsPerSecond: 20_000_000}}
	cfg.Test(t, func(t *testing.T, w *World) {
		page := bytes.Repeat([]byte("warren "), 5_000)
		w.Host("web", boot(func(h *Host) {
			l, err := h.Listen("tcp", ":80")
			if err == nil {
				http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(page) }))
			}
		}))
		var clients []*Host
		for i := range 5 {
			clients = append(clients, w.Host(fmt.Sprint("client", i)))
		}
		handles := []*fault.Handle{
			w.Fault(fault.Crash{Host: "web", At: 110 * time.Millisecond, Restart: 2 * time.Second}),
			w.Fault(fault.Pause{Host: "web", At: 3 * time.Second, For: 700 * time.Millisecond}),
			w.Fault(fault.Crash{Host: "web", At: 5 * time.Second, Restart: time.Second}),
			w.Fault(fault.Pause{Host: "client1", At: 50 * time.Millisecond, For: time.Second}),
			w.Fault(fault.Skew{Host: "client2", At: time.Second, PPM: -50_000}),
			w.Fault(fault.DNS{Late: 300 * time.Millisecond, From: []string{"client3"}}),
			w.Fault(fault.DNS{Lost: true, Chance: 300_000}),
			w.Fault(fault.Loss{Chance: 10_000}),
		}
		var pages atomic.Int32
		done := make(chan struct{})
		for _, h := range clients {
			go func() {
				defer func() { done <- struct{}{} }()
				web := http.Client{Transport: &http.Transport{DialContext: h.DialContext}, Timeout: 3 * time.Second}
				for got := 0; got < 5; {
					if getWhole(&web, page) {
						got++
						pages.Add(1)
					}
					time.Sleep(300 * time.Millisecond)
				}
				web.CloseIdleConnections()
			}()
		}
		for range clients {
			<-done
		}
		for _, h := range handles {
			if h.Hits() == 0 {
				t.Errorf("%v has hit nothing", h)
			}
		}
		if n := pages.Load(); n != 25 || w.Host("web").Boots() != 3 {
			t.Errorf("%d pages of a server that was started %d times", n, w.Host("web").Boots())
		}
		hash, packets = w.Hash(), w.Trace().Packets()
	})
	return hash, packets
}

// getWhole reports whether a page has come whole.
func getWhole(web *http.Client, page []byte) bool {
	resp, err := web.Get("http://web/")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return err == nil && bytes.Equal(body, page)
}

func TestTroubledHostsHaveOneTrace(t *testing.T) {
	first, packets := troubled(t, 1)
	if packets < 500 {
		t.Errorf("%d packets: that is no traffic", packets)
	}
	for range 2 {
		if again, _ := troubled(t, 1); again != first {
			t.Fatalf("two runs differ: %s and %s", first, again)
		}
	}
	if other, _ := troubled(t, 2); other == first {
		t.Error("another seed has the same trace")
	}
}

// TestSeededOrderLosesNoWakeUp: programs that can go on wait for their turn
// while others are drawn, and find then that they still can.
func TestSeededOrderLosesNoWakeUp(t *testing.T) {
	for seed := range uint64(20) {
		cfg := link10
		cfg.Seed, cfg.Order = seed, OrderSeeded
		w := Must(New(cfg))
		w.Host("srv", boot(bootEcho))
		w.Wait()
		echoed := 0
		for i := range 8 {
			cli := w.Host(fmt.Sprint("cli", i))
			cli.Go("talk", func() {
				c := Must(cli.Dial("tcp", "srv:7"))
				for range 5 {
					Must(c.Write([]byte("x")))
					Must(io.ReadFull(c, make([]byte, 1)))
				}
				c.Close()
				echoed++
			})
		}
		w.RunFor(time.Second)
		if echoed != 8 {
			t.Errorf("seed %d: %d of 8 clients had their echo", seed, echoed)
		}
		if err := w.Close(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// TestNothingHappensOnPausedHosts: a world that waits for a host which nobody
// lets go on says so.
func TestNothingHappensOnPausedHosts(t *testing.T) {
	w := Must(New(link10))
	cli := w.Host("cli")
	w.Host("db").Crash()
	w.Host("srv").Pause()
	cli.Pause()
	cli.Go("sleeper", func() { cli.Sleep(time.Second) })
	err := w.RunUntil(func() bool { return false })
	if err == nil || !strings.Contains(err.Error(), "no timer is set (cli is paused) (db is down) (srv is paused), but the driver waits") {
		t.Errorf("it says %v", err)
	}
	if err := w.Close(); err == nil {
		t.Error("the end of a world that has failed is no error")
	}
}
