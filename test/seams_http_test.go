package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

const (
	simDelay   = 20 * time.Millisecond // one way
	simSite    = "http://" + simSiteTCP
	simSiteTCP = "192.0.2.2:80"
)

// simServer serves h on host 1; ended gets what Serve returns.
func simServer(b *bubble, h http.HandlerFunc) (server *http.Server, ended chan error) {
	l, err := b.hosts[1].Listen(context.Background(), "tcp", ":80")
	if err != nil {
		b.t.Error(err)
	}
	server, ended = &http.Server{Handler: h}, make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return server, ended
}

// simClient is an HTTP client on host 0.
func simClient(b *bubble) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: b.hosts[0].DialContext}}
}

func simGet(client *http.Client) (body []byte, err error) {
	resp, err := client.Get(simSite)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// simDownload fetches a page of the given size from an unmodified server.
func simDownload(t *testing.T, cfg simConfig, size int) (trace simTrace, took time.Duration) {
	t.Helper()
	page := bytes.Repeat([]byte("warren "), size/7+1)[:size]
	trace = inBubble(t, cfg, func(b *bubble) {
		server, ended := simServer(b, func(w http.ResponseWriter, r *http.Request) { w.Write(page) })
		client, passed := simClient(b), stopwatch()
		body, err := simGet(client)
		took = passed()
		if err != nil || !bytes.Equal(body, page) {
			b.t.Errorf("got %d bytes, %v; want the page of %d", len(body), err, len(page))
		}
		client.CloseIdleConnections()
		server.Close()
		if err := <-ended; err != http.ErrServerClosed {
			b.t.Error(err)
		}
	})
	return trace, took
}

func TestSimHTTPTakesTheTimeOfItsRoundTrips(t *testing.T) {
	_, took := simDownload(t, simConfig{delay: simDelay}, 100)
	if want := 4 * simDelay; took != want { // SYN, SYN-ACK, request, response
		t.Errorf("took %v of virtual time, want %v", took, want)
	}
}

func TestSimHTTPWithLossHasOneTrace(t *testing.T) {
	cfg := simConfig{delay: simDelay, lost: func(n int) bool { return n%50 == 17 }}
	want, took := simDownload(t, cfg, 1<<20)
	if want.packets < 1000 || took <= 20*simDelay || took > time.Minute {
		t.Fatalf("%d packets in %v: that is not a megabyte with loss", want.packets, took)
	}
	for range simRuns() - 1 {
		if got, _ := simDownload(t, cfg, 1<<20); got != want {
			t.Errorf("trace %+v, the first run had %+v", got, want)
		}
	}
}

func TestSimHTTPServerCloseInMidFlight(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		left := make(chan struct{})
		server, ended := simServer(b, func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(left)
		})
		passed := stopwatch()
		time.AfterFunc(100*time.Millisecond, func() { server.Close() })
		if body, err := simGet(simClient(b)); err == nil {
			b.t.Errorf("got %q from a server that was closed", body)
		}
		if took, want := passed(), 100*time.Millisecond+simDelay; took != want {
			b.t.Errorf("the client noticed after %v, want %v", took, want)
		}
		<-left
		if err := <-ended; err != http.ErrServerClosed {
			b.t.Error(err)
		}
	})
}

func TestSimHTTPServerShutdownWaitsForTheHandler(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		server, ended := simServer(b, func(w http.ResponseWriter, r *http.Request) {
			<-time.After(300 * time.Millisecond)
			fmt.Fprint(w, "late")
		})
		down := make(chan error, 1)
		time.AfterFunc(100*time.Millisecond, func() { down <- server.Shutdown(context.Background()) })
		passed := stopwatch()
		body, err := simGet(simClient(b))
		if took, want := passed(), 300*time.Millisecond+4*simDelay; string(body) != "late" || err != nil || took != want {
			b.t.Errorf("got %q, %v after %v; want the handler's answer after %v", body, err, took, want)
		}
		if err := <-down; err != nil {
			b.t.Error(err)
		}
		if err := <-ended; err != http.ErrServerClosed {
			b.t.Error(err)
		}
	})
}
