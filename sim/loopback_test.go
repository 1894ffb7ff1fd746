package sim

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"
)

// talkToAnybody lets three programs of each of four hosts talk to hosts that
// chance picks, their own among them.
func talkToAnybody(w *World) {
	hosts := make([]*Host, 4)
	for i := range hosts {
		hosts[i] = w.Host(fmt.Sprint("h", i))
		echo(hosts[i])
	}
	for _, h := range hosts {
		for j := range 3 {
			h.Go(fmt.Sprint("client", j), func() {
				r := h.Rand(fmt.Sprint("client", j))
				for range 6 {
					h.Sleep(time.Duration(r.IntN(4)) * time.Millisecond)
					c, err := h.DialContext(Named(context.Background(), fmt.Sprint(j)), "tcp", fmt.Sprintf("h%d:7", r.IntN(len(hosts))))
					if err != nil {
						continue
					}
					buf := make([]byte, 1+r.IntN(20_000))
					c.SetDeadline(h.Now().Add(time.Duration(1+r.IntN(300)) * time.Millisecond))
					c.Write(buf)
					io.ReadFull(c, buf)
					c.Close()
				}
			})
		}
	}
	w.RunFor(time.Minute)
}

// TestHostsThatTalkToThemselvesHaveOneTrace runs programs whose own host answers
// them, which no path slows down: what is sent to others afterwards shows who
// was faster, if anybody was.
func TestHostsThatTalkToThemselvesHaveOneTrace(t *testing.T) {
	for seed := range uint64(2) {
		cfg := Config{Seed: 1 + seed, Path: PathConfig{Delay: time.Millisecond}}
		want := ""
		for _, procs := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(procs)
			w := Must(New(cfg))
			talkToAnybody(w)
			got := w.Hash()
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			bubble := ""
			cfg.Test(t, func(t *testing.T, w *World) {
				talkToAnybody(w)
				bubble = w.Hash()
			})
			runtime.GOMAXPROCS(before)
			if want == "" {
				want = got + bubble
			}
			if got+bubble != want {
				t.Errorf("seed %d at GOMAXPROCS %d: traces %s and %s, want %s", 1+seed, procs, got, bubble, want)
			}
		}
	}
}

// TestWhatAHostSendsToItselfIsAnEvent pins how that is so: the packet arrives
// by the driver's hand.
func TestWhatAHostSendsToItselfIsAnEvent(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	h := w.Host("a")
	l := Must(h.Listen("tcp", ":80"))
	c := w.Must(h.Dial("tcp", "a:80"))
	w.Must(l.Accept())
	w.Wait()
	before := w.Events()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	w.Wait()
	if got := w.Events() - before; got < 2 {
		t.Errorf("%d events, want the segment and its acknowledgement", got)
	}
}
