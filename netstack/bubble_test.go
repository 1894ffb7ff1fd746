package netstack

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// madeOutside starts a goroutine that runs functions where no bubble contains them, as a
// simulator does to make stacks: their TCP processors would keep a bubble
// from ever being idle.
func madeOutside() (requests chan func(), done chan struct{}) {
	requests, done = make(chan func()), make(chan struct{})
	go func() {
		for f := range requests {
			f()
			done <- struct{}{}
		}
	}()
	return requests, done
}

// TestHTTPInABubble runs an unmodified net/http server and ten clients inside a
// bubble, on stacks that were made outside. Their callbacks come from
// goroutines outside, which may neither send on the bubble's channels nor
// close them: only the driver inside the bubble wakes anybody.
func TestHTTPInABubble(t *testing.T) {
	requests, done := madeOutside()
	defer close(requests)
	sched := new(bubbleScheduler)
	var a, b *Stack
	requests <- func() {
		x, y := Pipe(1500)
		cfg := Config{Clock: newEventClock(), Scheduler: sched}
		cfg.Interfaces = []Interface{{Link: x, Addresses: pairAddresses(1)}}
		a = mustNew(t, cfg)
		cfg.Interfaces = []Interface{{Link: y, Addresses: pairAddresses(2)}}
		b = mustNew(t, cfg)
	}
	<-done
	synctest.Test(t, func(t *testing.T) {
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			talkHTTP(t, a, b)
		}()
		for {
			synctest.Wait()
			select {
			case <-finished:
				for sched.deliver() { // those whom the closing woke
					synctest.Wait()
				}
				return
			default:
			}
			if !sched.deliver() { // the packets are still on their way, outside
				a.Settle()
				b.Settle()
				runtime.Gosched()
			}
		}
	})
}

func talkHTTP(t *testing.T, a, b *Stack) {
	l, err := b.Listen(t.Context(), "tcp", ":80")
	if err != nil {
		t.Error(err)
		return
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Path)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	var clients sync.WaitGroup
	gone := make(chan struct{})
	for i := range 10 {
		clients.Go(func() {
			transport := &http.Transport{DialContext: a.DialContext}
			defer transport.CloseIdleConnections()
			path := fmt.Sprintf("/%d", i)
			resp, err := (&http.Client{Transport: transport}).Get("http://192.0.2.2" + path)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != path {
				t.Errorf("%s answers %q, %v", path, body, err)
			}
		})
	}
	go func() { clients.Wait(); close(gone) }()
	<-gone
	server.Close()
	if err := <-ended; err != http.ErrServerClosed {
		t.Error(err)
	}
}
