package recipes

import (
	"io"
	"net/http"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }

// overHTTP asks an unmodified net/http server for a page.
func overHTTP(t *testing.T, w *sim.World) {
	web, app := w.Host("web"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"web"}, Payload: "hello", Nth: 1}})

	listener := sim.Must(web.Listen("tcp", ":80"))
	server := &http.Server{Handler: http.HandlerFunc(hello)}
	go server.Serve(listener)
	defer server.Close()

	client := &http.Client{Transport: &http.Transport{DialContext: app.DialContext}}
	defer client.CloseIdleConnections()
	response := sim.Must(client.Get("http://web/"))
	body := sim.Must(io.ReadAll(response.Body))
	response.Body.Close()

	if string(body) != "hello" {
		t.Errorf("the body is %q", body)
	}
	wantOneHit(t, lost)
}
