package scenarios

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// Test01SYNToNowhere: RFC 6298 section 2 and RFC 9293 section 3.8.3: a SYN
// that nobody answers is repeated after 1 s, then after twice as long each
// time. Six repetitions are Linux's default, and then it is ETIMEDOUT.
func Test01SYNToNowhere(t *testing.T) {
	scenario(t, sim.Config{}, func(t *testing.T, w *sim.World) {
		cli := w.Host("cli")
		w.Host("srv")
		w.Fault(fault.Partition{A: []string{"cli"}})
		start := time.Now()
		_, err := cli.Dial("tcp", "srv:80")
		if took := time.Since(start); !errors.Is(err, syscall.ETIMEDOUT) || took != 127*time.Second {
			t.Errorf("%v after %v, want ETIMEDOUT after 127s", err, took)
		}
	})
}
