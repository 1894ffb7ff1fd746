package worlds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// httpWorlds are net/http as it is, in a bubble.
func httpWorlds() []world {
	ten := hostsNamed(append([]string{"srv"}, numbered("cli", 10)...)...)
	lost := []fault.Fault{fault.Loss{Chance: 20_000}}
	return []world{
		{name: "ten HTTP clients", cfg: near, build: ten, run: tenClients},
		{name: "ten HTTP clients with loss", cfg: near, build: ten, run: tenClients, faults: lost},
		{name: "HTTP server closes in mid-flight", cfg: near, build: ten, run: closeInFlight((*http.Server).Close)},
		{name: "HTTP server closes in mid-flight with loss", cfg: near, build: ten, run: closeInFlight((*http.Server).Close), faults: lost},
		{name: "HTTP server shuts down in mid-flight", cfg: near, build: ten, run: closeInFlight(func(s *http.Server) error {
			return s.Shutdown(context.Background())
		})},
		{name: "named dials of one HTTP client", cfg: near, run: namedDials, faults: lost},
		{name: "an HTTP connection for many requests", cfg: near, run: keptAlive, faults: lost},
		{name: "TLS, one handshake at a time", alone: true, cfg: near, build: hostsNamed("srv", "a", "b", "c", "d"), run: secret},
		{name: "server-sent events", cfg: near, build: ten, run: events, faults: []fault.Fault{
			fault.Flap{Select: fault.Select{From: []string{"srv"}}, Up: time.Second, Down: 200 * time.Millisecond},
		}},
	}
}

// httpServer serves on host srv until the end of the world.
func httpServer(t *testing.T, w *sim.World, h http.HandlerFunc) *http.Server {
	t.Helper()
	l, err := w.Host("srv").Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return server
}

// httpClient is a client of its own on a host.
func httpClient(t *testing.T, h *sim.Host) *http.Client {
	transport := &http.Transport{DialContext: h.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// httpGet expects n bytes of text.
func httpGet(c *http.Client, url string, n int) error {
	resp, err := c.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err == nil && string(got) != string(text(n)) {
		err = fmt.Errorf("got %d bytes that are not the %d expected", len(got), n)
	}
	return err
}

// tenClients fetch a page each at the same instant, and again.
func tenClients(t *testing.T, w *sim.World) {
	const size = 25_000
	httpServer(t, w, func(w http.ResponseWriter, r *http.Request) { w.Write(text(size)) })
	all := newCrew(t, w)
	for _, h := range w.Hosts()[1:] {
		c := httpClient(t, h)
		all.start(h, "get", func() error { return errors.Join(httpGet(c, "http://srv/", size), httpGet(c, "http://srv/", size)) })
	}
	all.wait()
}

// closeInFlight ends the server while it answers. Those that have not got an
// answer yet may get an error.
func closeInFlight(end func(*http.Server) error) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		const size, pieces = 5_000, 35
		srv := w.Host("srv")
		server := httpServer(t, w, func(w http.ResponseWriter, r *http.Request) {
			for i := range pieces {
				w.Write(text(size * pieces)[i*size : (i+1)*size])
				srv.Sleep(10 * time.Millisecond)
			}
		})
		all := newCrew(t, w)
		var answered, failed atomic.Int64
		for i, h := range w.Hosts()[1:] {
			c := httpClient(t, h)
			all.start(h, "get", func() error {
				h.Sleep(time.Duration(i) * 50 * time.Millisecond)
				if httpGet(c, "http://srv/", size*pieces) == nil {
					answered.Add(1)
				} else {
					failed.Add(1)
				}
				return nil
			})
		}
		all.start(srv, "end", func() error {
			srv.Sleep(320 * time.Millisecond)
			return end(server)
		})
		all.wait()
		if failed.Load() == 0 {
			t.Error("no client was refused or cut off: the end came too late")
		}
	}
}

// namedDials lets eight goroutines share one host, and their connections be
// told apart by name.
func namedDials(t *testing.T, w *sim.World) {
	const size = 50_000
	httpServer(t, w, func(w http.ResponseWriter, r *http.Request) { w.Write(text(size)) })
	cli, all := w.Host("cli"), newCrew(t, w)
	for i := range 8 {
		c := httpClient(t, cli)
		dial := c.Transport.(*http.Transport).DialContext
		c.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return dial(sim.Named(ctx, fmt.Sprint("client ", i)), network, address)
		}
		all.start(cli, fmt.Sprint("client ", i), func() error { return httpGet(c, "http://srv/", size) })
	}
	all.wait()
}

// keptAlive posts and gets in turn on one connection.
func keptAlive(t *testing.T, w *sim.World) {
	httpServer(t, w, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	})
	cli, all := w.Host("cli"), newCrew(t, w)
	c := httpClient(t, cli)
	all.start(cli, "post", func() error {
		for i := range 40 {
			body := strings.Repeat(fmt.Sprint(i, " "), 2000)
			resp, err := c.Post("http://srv/", "text/plain", strings.NewReader(body))
			if err != nil {
				return err
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(got) != body {
				return fmt.Errorf("request %d: %d bytes came back: %w", i, len(got), err)
			}
			cli.Sleep(time.Millisecond)
		}
		return nil
	})
	all.wait()
}

// events are sent to all clients at the same instants, by one goroutine each.
func events(t *testing.T, w *sim.World) {
	var beat sync.Mutex
	next := sync.NewCond(&beat)
	count := 0
	httpServer(t, w, func(w http.ResponseWriter, r *http.Request) {
		for i := 1; i <= 40; i++ {
			beat.Lock()
			for count < i {
				next.Wait()
			}
			beat.Unlock()
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
		}
	})
	all := newCrew(t, w)
	for _, h := range w.Hosts()[1:] {
		c := httpClient(t, h)
		all.start(h, "follow", func() error {
			resp, err := c.Get("http://srv/")
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if n := strings.Count(string(got), "data: "); n != 40 {
				return fmt.Errorf("%d events: %w", n, err)
			}
			return nil
		})
	}
	all.start(w.Host("srv"), "beat", func() error {
		for range 40 {
			w.Host("srv").Sleep(100 * time.Millisecond)
			beat.Lock()
			count++
			next.Broadcast()
			beat.Unlock()
		}
		return nil
	})
	all.wait()
}
