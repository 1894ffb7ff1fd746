package sim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// serveHTTP serves h on a host; ended gets what Serve returns.
func serveHTTP(srv *Host, h http.HandlerFunc) (server *http.Server, ended chan error) {
	l := Must(srv.Listen("tcp", ":80"))
	server, ended = &http.Server{Handler: h}, make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return server, ended
}

// get fetches the page of the host srv.
func get(cli *Host) (body []byte, err error) {
	transport := &http.Transport{DialContext: cli.DialContext}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://srv/")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func TestHTTPTakesTheTimeOfItsRoundTrips(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		serveHTTP(w.Host("srv"), func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })
		if body, err := get(w.Host("cli")); string(body) != "hello" {
			t.Errorf("got %q, %v", body, err)
		}
		wantNow(t, w, 40*time.Millisecond, "SYN, SYN-ACK, request, response")
	})
}

func TestHTTPServerCloseInMidFlight(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		left := make(chan struct{})
		server, ended := serveHTTP(w.Host("srv"), func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(left)
		})
		time.AfterFunc(100*time.Millisecond, func() { server.Close() })
		if body, err := get(w.Host("cli")); err == nil {
			t.Errorf("got %q from a server that was closed", body)
		}
		wantNow(t, w, 110*time.Millisecond, "the client noticed")
		<-left
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}

func TestHTTPServerShutdownWaitsForTheHandler(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		server, ended := serveHTTP(w.Host("srv"), func(w http.ResponseWriter, r *http.Request) {
			<-time.After(300 * time.Millisecond)
			fmt.Fprint(w, "late")
		})
		down := make(chan error, 1)
		time.AfterFunc(100*time.Millisecond, func() { down <- server.Shutdown(context.Background()) })
		if body, err := get(w.Host("cli")); string(body) != "late" {
			t.Errorf("got %q, %v", body, err)
		}
		wantNow(t, w, 340*time.Millisecond, "the handler's answer is there")
		if err := <-down; err != nil {
			t.Error(err)
		}
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}
