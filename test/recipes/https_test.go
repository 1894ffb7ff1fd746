package recipes

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/cryptotest"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// overHTTPS asks an unmodified net/http server for a page, over TLS. The
// package testing/cryptotest makes the handshake's random numbers the same in
// every run.
func overHTTPS(t *testing.T, w *sim.World) {
	web, app := w.Host("example.com"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"example.com"}, PayloadMin: 1, Nth: 1}})

	cryptotest.SetGlobalRandom(t, w.Seed())
	server := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	server.Listener = sim.Must(web.Listen("tcp", ":443"))
	server.StartTLS()
	defer server.Close()

	client := server.Client()
	client.Transport.(*http.Transport).DialContext = app.DialContext
	defer client.CloseIdleConnections()
	response := sim.Must(client.Get("https://example.com/"))
	body := sim.Must(io.ReadAll(response.Body))
	response.Body.Close()

	if string(body) != "hello" {
		t.Errorf("the body is %q", body)
	}
	wantOneHit(t, lost)
}
