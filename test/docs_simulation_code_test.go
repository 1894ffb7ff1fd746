package test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/transport"
)

// This file holds the code that docs/simulation.md shows.

func TestBacklogOverflow(t *testing.T) {
	sim.Test(t, func(t *testing.T, w *sim.World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		w.Link(cli, srv, sim.PathConfig{Delay: 10 * time.Millisecond})
		sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 4})) // nobody accepts
		for range 5 {
			sim.Must(cli.Dial("tcp", "srv:80"))
		}
		start := time.Now()
		_, err := cli.Dial("tcp", "srv:80") // a SYN to a full backlog is not answered
		if took := time.Since(start); !errors.Is(err, syscall.ETIMEDOUT) || took != 127*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestDownloadWithLoss(t *testing.T) {
	wan := sim.Config{Path: sim.PathConfig{Delay: 20 * time.Millisecond, BitsPerSecond: 10_000_000}}
	wan.Test(t, func(t *testing.T, w *sim.World) {
		loss := w.Fault(fault.Loss{Chance: 20_000}) // parts per million: 2 %
		size := download(t, w, 1<<20)
		if size != 1<<20 || loss.Hits() == 0 {
			t.Errorf("%d bytes, %d packets lost", size, loss.Hits())
		}
	})
}

func TestAcceptInVirtualTime(t *testing.T) {
	sim.Test(t, func(t *testing.T, w *sim.World) {
		acceptor := sim.Must(w.Host("srv").Transport()).NewOwner("acceptor").TCP()
		l := sim.Must(acceptor.Listen(7000, transport.Backlog(5)))
		start := time.Now()
		_, err := acceptor.Accept(l, 3*time.Second) // nobody comes
		if took := time.Since(start); err != transport.ErrTimeout || took != 3*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// download fetches a page of the given size over HTTP.
func download(t *testing.T, w *sim.World, size int) (got int64) {
	listener := sim.Must(w.Host("srv").Listen("tcp", ":80"))
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("w", size))
	}))
	client := http.Client{Transport: &http.Transport{DialContext: w.Host("cli").DialContext}}
	defer client.CloseIdleConnections()
	response := sim.Must(client.Get("http://srv/"))
	defer response.Body.Close()
	got, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		t.Error(err)
	}
	return got
}

func Example_cooperative() {
	w, err := sim.New(sim.Config{Seed: 7})
	check(err)
	defer w.Close()
	srv, cli := w.Host("srv"), w.Host("cli")
	l := sim.Must(srv.Listen("tcp", ":80"))
	c := sim.Must(cli.Dial("tcp", "srv:80"))
	s := sim.Must(l.Accept())
	sim.Must(io.WriteString(c, "hello"))
	cli.Sleep(time.Hour) // of virtual time
	b := make([]byte, 5)
	fmt.Println(sim.Must(io.ReadFull(s, b)), string(b), w.Now())
	// Output: 5 hello 1h0m0s
}

// TestNamedDials dials one address from several goroutines at one instant.
func TestNamedDials(t *testing.T) {
	ports := map[int]string{} // by worker
	for range 3 {
		sim.Test(t, func(t *testing.T, w *sim.World) {
			app := w.Host("app")
			sim.Must(w.Host("db").Listen("tcp", ":5432"))
			locals := make([]string, 20)
			for i := range locals {
				go func() {
					ctx := sim.Named(t.Context(), fmt.Sprint("worker ", i))
					conn, err := app.DialContext(ctx, "tcp", "db:5432")
					if err != nil {
						t.Error(err)
						return
					}
					locals[i] = conn.LocalAddr().String()
				}()
			}
			w.Settle()
			for i, local := range locals {
				if first, again := ports[i]; again && first != local {
					t.Errorf("worker %d dialled from %s, in the first run from %s", i, local, first)
				}
				ports[i] = local
			}
		})
	}
}

// TestWorldsBesideEachOther runs worlds in parallel.
func TestWorldsBesideEachOther(t *testing.T) {
	hashes := make([]string, 4)
	t.Run("worlds", func(t *testing.T) {
		for i := range hashes {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				sim.Config{Seed: 9, Path: sim.PathConfig{Delay: time.Millisecond}}.Test(t, func(t *testing.T, w *sim.World) {
					w.Fault(fault.Loss{Chance: 20_000})
					download(t, w, 100_000)
					w.Settle()
					hashes[i] = w.Hash()
				})
			})
		}
	})
	for i, h := range hashes {
		if h != hashes[0] {
			t.Errorf("world %d has the trace %s, world 0 %s", i, h, hashes[0])
		}
	}
}

// TestUploadsOverHTTP2 sends more at once than a default send buffer takes, so
// that writers of the one connection would wait for each other's mutex.
func TestUploadsOverHTTP2(t *testing.T) {
	const uploads, size = 4, 512 << 10
	roomy := sim.Config{
		Path: sim.PathConfig{Delay: 10 * time.Millisecond, BitsPerSecond: 10_000_000},
		TCP:  netstack.TCPConfig{SendBuffer: netstack.BufferBytes{Default: 32 << 20, Max: 32 << 20}},
	}
	roomy.Test(t, func(t *testing.T, w *sim.World) {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err, r.ProtoMajor)
		})}
		go server.Serve(sim.Must(w.Host("srv").Listen("tcp", ":80")))
		client := http.Client{Transport: &http.Transport{Protocols: &protocols, DialContext: w.Host("cli").DialContext}}
		defer client.CloseIdleConnections()
		answers := make(chan string)
		for range uploads {
			go func() {
				response, err := client.Post("http://srv/", "", strings.NewReader(strings.Repeat("w", size)))
				if err != nil {
					answers <- err.Error()
					return
				}
				defer response.Body.Close()
				body, _ := io.ReadAll(response.Body)
				answers <- string(body)
			}()
		}
		want := fmt.Sprint(size, error(nil), 2)
		for range uploads {
			if got := <-answers; got != want {
				t.Errorf("the server says %q, want %q", got, want)
			}
		}
	})
}
