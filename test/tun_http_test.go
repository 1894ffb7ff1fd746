//go:build linux && !android

package test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"testing"
)

// TestTUNHTTP runs net/http over the device: a file each way, with a client
// and a server of either side.
func TestTUNHTTP(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		newTUNBed(t, 1500).eachPath(t, func(t *testing.T, p tunPath) {
			url := p.serveStreams(t, tunTransferBytes())
			transport := &http.Transport{DialContext: p.client.dial}
			t.Cleanup(transport.CloseIdleConnections)
			client := http.Client{Transport: transport}

			response, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			if err := receiveStream(response.Body, 1, tunTransferBytes()); err != nil {
				t.Errorf("downloading: %v", err)
			}
			response.Body.Close()

			request, err := http.NewRequestWithContext(tunContext(t), http.MethodPut, url, io.LimitReader(testStream(2), tunTransferBytes()))
			if err != nil {
				t.Fatal(err)
			}
			if response, err = client.Do(request); err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusNoContent {
				t.Errorf("uploading: %s", response.Status)
			}
		})
	})
}

// TestTUNCurl does the same with curl, which is the kernel's client.
func TestTUNCurl(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		curl, err := exec.LookPath("curl")
		if err != nil {
			t.Skipf("needs the program curl: %v", err)
		}
		b := newTUNBed(t, 1500)
		for family := range tunStack {
			p := tunPath{client: b.kernel, server: b.inside, family: family}
			t.Run(p.String(), func(t *testing.T) {
				url := p.serveStreams(t, tunTransferBytes())
				got := sha256.New()
				runProgram(t, nil, got, curl, "-gsS", "--fail", "--noproxy", "*", url)
				if err := compareStream(got, tunTransferBytes(), 1, tunTransferBytes()); err != nil {
					t.Errorf("downloading: %v", err)
				}
				body := io.LimitReader(testStream(2), tunTransferBytes())
				runProgram(t, body, io.Discard, curl, "-gsS", "--fail", "--noproxy", "*", "-T", "-", url)
			})
		}
	})
}

// runProgram runs a program to its end and fails the test with what it says if
// it does not succeed.
func runProgram(t *testing.T, stdin io.Reader, stdout io.Writer, name string, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(tunContext(t), name, arguments...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v: %s", name, arguments, err, &stderr)
	}
}

// serveStreams serves stream 1 to who gets it and accepts stream 2 from who
// puts it, with the server's own word that it was right; it returns the URL.
func (p tunPath) serveStreams(t *testing.T, bytes int64) string {
	t.Helper()
	l := p.listen(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.FormatInt(bytes, 10))
		io.Copy(w, io.LimitReader(testStream(1), bytes)) // the client counts
	})
	mux.HandleFunc("PUT /stream", func(w http.ResponseWriter, r *http.Request) {
		if err := receiveStream(r.Body, 2, bytes); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	server := &http.Server{Handler: mux, BaseContext: func(net.Listener) context.Context { return t.Context() }}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Errorf("the server ended with %v", err)
		}
	})
	return fmt.Sprintf("http://%s/stream", l.Addr())
}
