package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/fault"
)

func TestBacklogInABubble(t *testing.T) {
	Test(t, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		w.Link(cli, srv, PathConfig{Delay: 10 * time.Millisecond})
		Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 4}))
		for range 5 {
			Must(cli.Dial("tcp", "srv:80"))
		}
		start := time.Now()
		_, err := cli.Dial("tcp", "srv:80")
		if !errors.Is(err, syscall.ETIMEDOUT) || time.Since(start) != 127*time.Second {
			t.Errorf("%v after %v, want ETIMEDOUT after 127s", err, time.Since(start))
		}
	})
}

func TestBacklogCooperatively(t *testing.T) {
	w, err := New(Config{Path: PathConfig{Delay: 10 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	srv, cli := w.Host("srv"), w.Host("cli")
	Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 4}))
	for range 5 {
		Must(cli.Dial("tcp", "srv:80"))
	}
	start := w.Now()
	_, err = cli.Dial("tcp", "srv:80")
	if took := w.Now() - start; !errors.Is(err, syscall.ETIMEDOUT) || took != 127*time.Second {
		t.Errorf("%v after %v, want ETIMEDOUT after 127s", err, took)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestHTTPHasOneTrace(t *testing.T) {
	page := bytes.Repeat([]byte("warren "), 100_000)
	var first string
	for run := range 3 {
		Config{Path: PathConfig{Delay: 10 * time.Millisecond}}.Test(t, func(t *testing.T, w *World) {
			srv := w.Host("srv")
			loss := w.Fault(fault.Loss{Chance: 20_000})
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(page) })}
			go server.Serve(Must(srv.Listen("tcp", ":80")))
			done := make(chan error)
			for i := range 10 {
				cli := w.Host(fmt.Sprint("cli", i))
				go func() {
					client := http.Client{Transport: &http.Transport{DialContext: cli.DialContext}}
					resp, err := client.Get("http://srv/")
					if err == nil {
						var body []byte
						body, err = io.ReadAll(resp.Body)
						resp.Body.Close()
						if err == nil && !bytes.Equal(body, page) {
							err = fmt.Errorf("%d bytes", len(body))
						}
					}
					done <- err
				}()
			}
			for range 10 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			w.Settle()
			if loss.Hits() == 0 {
				t.Error("no loss")
			}
			if first == "" {
				first = w.Hash()
			} else if first != w.Hash() {
				t.Errorf("run %d differs", run)
			}
			t.Log(w.Now(), w.Trace().Len(), w.Events(), w.Hash())
		})
	}
}

func TestCooperativePrograms(t *testing.T) {
	w, err := New(Config{Path: PathConfig{Delay: 10 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	srv, cli := w.Host("srv"), w.Host("cli")
	srv.Go("echo", func() {
		l := Must(srv.Listen("tcp", ":7"))
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			srv.Go("conn", func() { io.Copy(c, c); c.Close() })
		}
	})
	w.Wait()
	c := Must(cli.Dial("tcp", "srv:7"))
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
		t.Fatal(string(b), err)
	}
	if w.Now() != 40*time.Millisecond {
		t.Error(w.Now())
	}
	cli.Sleep(time.Second)
	if w.Now() != 1040*time.Millisecond {
		t.Error(w.Now())
	}
	c.Close()
	w.Settle()
	if got := cli.Sockets(); len(got) != 1 || got[0].State != "TIME-WAIT" {
		t.Errorf("the client's sockets are %v, want one in TIME-WAIT", got)
	}
}
