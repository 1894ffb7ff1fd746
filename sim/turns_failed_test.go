package sim

import (
	"errors"
	"net"
	"strings"
	"testing"
)

// TestFailureEndsCallsOnPausedHosts lets the driver wait on a host that stands
// still for what never comes: the run fails and the call ends.
func TestFailureEndsCallsOnPausedHosts(t *testing.T) {
	w, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := w.Host("a")
	l := Must(h.Listen("tcp", ":80"))
	h.Pause()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept answers %v, want net.ErrClosed", err)
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "nothing will ever happen any more") || !strings.Contains(err.Error(), "a is paused") {
		t.Errorf("the run ends with %v", err)
	}
}
