package series

import (
	"context"
	"io"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// Variant is one of the networks that a series compares.
type Variant interface {
	// Name stands in tables and JSON and does not change between versions.
	Name() string
	// Open makes the network ready. A series opens each variant once, before
	// its first sample. An error that is an *Unavailable skips the variant
	// with its reason; another one fails the series.
	Open(ctx context.Context) (Bed, error)
}

// Bed is an open variant.
type Bed interface {
	// Run runs both sides of a task and returns what they saw together. The
	// bed sets the addresses. It is called by one goroutine at a time and
	// ends early when ctx does.
	Run(ctx context.Context, t task.Task) (task.Result, error)
	// Closer ends all that Open has started, and waits for it.
	io.Closer
}

// Unavailable is why a variant cannot be measured on this machine.
type Unavailable struct {
	// Reason says what is missing and what to do about it.
	Reason string
}

func (u *Unavailable) Error() string { return u.Reason }
