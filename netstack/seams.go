package netstack

import (
	"context"
	"time"
)

// Clock is the time of a stack: every timestamp, timer and deadline comes
// from it. The methods may be called from any goroutine.
//
// In production Config.Clock is nil and the system's clock is used. A
// simulator supplies a clock whose events it fires itself.
type Clock interface {
	// Now returns the present time. Differences of two readings must be
	// monotonic.
	Now() time.Time

	// AfterFunc calls f once, d from now, on a goroutine of the clock's
	// choice; d <= 0 means as soon as possible, never inside AfterFunc
	// itself. stop reports whether it prevented the call.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Op names the socket call that enters the stack; see Scheduler.
type Op uint8

// The socket calls that a Scheduler can tell apart.
const (
	OpDial Op = iota + 1
	OpListen
	OpAccept
	OpRead
	OpWrite
	OpClose
	OpControl // options, deadlines, addresses, snapshots
)

// Scheduler decides when goroutines that use a stack go on. It exists for
// simulators; nil in Config means Go's own scheduler and costs one nil check.
//
// All methods may be called concurrently. Enter, Wait and Go are called from
// application goroutines; Ready may be called from any goroutine, with locks
// of the stack held, and so must neither block nor call into the stack. Links,
// timers and socket calls are what makes a stack call Ready; a stack that has
// settled does nothing by itself.
type Scheduler interface {
	// Enter is called once at the start of every socket call. It may set
	// the stack's clock. It may block only for OpDial, because a caller can
	// hold locks of its own during every other call. ctx is the caller's
	// where the call has one, else context.Background(); when it ends, Enter
	// must return. An error refuses the call and is returned by it as is. A
	// dial that begins a second attempt beside the first, as
	// Config.FallbackDelay describes, enters for that one too.
	Enter(ctx context.Context, op Op) error

	// Wait blocks the calling goroutine until ready can be received from or
	// ctx ends. It is the only place where a call waits. It may take what
	// it receives or leave it. The stack's clock is to be right again when
	// it returns: what ended ctx may be a timer that is not the stack's.
	Wait(ctx context.Context, ready <-chan struct{})

	// Ready hands over a wake-up. The scheduler calls wake exactly once,
	// when it pleases; wake does not block, but it may call Go. Not every
	// end of a Wait comes through Ready: Close and its like wake each other
	// directly, so that they need nobody to drive them.
	Ready(wake func())

	// Go starts f on a goroutine of its own.
	Go(f func())
}
