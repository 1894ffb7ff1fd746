package sim

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHTTP2Uploads lets several requests upload over one connection. The client
// writes frames with a mutex held, for which others wait: if a write waited for
// room, the bubble's time would stand still.
func TestHTTP2Uploads(t *testing.T) {
	const uploads, size = 8, 2 << 20
	Config{Path: PathConfig{Delay: 10 * time.Millisecond, BitsPerSecond: 50_000_000}}.Test(t, func(t *testing.T, w *World) {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if n, err := io.Copy(io.Discard, r.Body); n != size || err != nil || r.ProtoMajor != 2 {
				t.Errorf("%d bytes, %v, by %s; want %d by HTTP/2", n, err, r.Proto, size)
			}
		})}
		go server.Serve(Must(w.Host("srv").Listen("tcp", ":80")))
		client := http.Client{Transport: &http.Transport{Protocols: &protocols, DialContext: w.Host("cli").DialContext}}
		defer client.CloseIdleConnections()
		done := make(chan error)
		for range uploads {
			go func() {
				response, err := client.Post("http://srv/", "", strings.NewReader(strings.Repeat("w", size)))
				if err == nil {
					err = response.Body.Close()
				}
				done <- err
			}()
		}
		for range uploads {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
