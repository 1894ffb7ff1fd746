package overtime

import (
	"context"
	"sync"
	"time"
)

// Context returns a context that ends when ctx has been over for the time
// after, or when cancel is called. It keeps ctx's values. after <= 0 means
// that it ends together with ctx.
func Context(ctx context.Context, after time.Duration) (late context.Context, cancel context.CancelFunc) {
	late, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var (
		mu    sync.Mutex
		timer *time.Timer
		over  bool
	)
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			timer = time.AfterFunc(after, func() { end(context.DeadlineExceeded) })
		}
	})
	return late, func() {
		stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if timer != nil {
			timer.Stop()
		}
		end(nil)
	}
}
