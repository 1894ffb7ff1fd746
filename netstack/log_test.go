package netstack

import (
	"testing"

	"gvisor.dev/gvisor/pkg/log"
)

// TestTheStackDoesNotPrint looks at where gVisor's log of the process goes: by
// itself it writes to the standard error.
func TestTheStackDoesNotPrint(t *testing.T) {
	if emitter := log.Log().Emitter; emitter != (silence{}) {
		t.Errorf("gVisor's log goes to %#v, want silence", emitter)
	}
}
