package overtime

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestContextOutlivesItsParentByTheGivenTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		late, cancel := Context(ctx, 10*time.Second)
		defer cancel()
		time.Sleep(time.Hour)
		if late.Err() != nil {
			t.Fatalf("ended before the interrupt: %v", late.Err())
		}
		interrupt()
		start := time.Now()
		<-late.Done()
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("ended %v after the interrupt, want 10s", took)
		}
		if context.Cause(late) != context.DeadlineExceeded {
			t.Errorf("cause %v, want the deadline", context.Cause(late))
		}
	})
}

func TestContextEndsWithCancelAndLeavesNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, first := range []string{"cancel", "interrupt"} {
			ctx, interrupt := context.WithCancel(t.Context())
			late, cancel := Context(ctx, time.Hour)
			if first == "interrupt" {
				interrupt()
				synctest.Wait()
			}
			cancel()
			if late.Err() != context.Canceled {
				t.Errorf("%s first: %v after cancel", first, late.Err())
			}
			interrupt()
		}
	})
}
