package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
)

// netcat is what warren listen and warren connect share.
type netcat struct {
	network  networkFlags
	timeout  time.Duration
	quiet    bool
	keepOpen bool // listen only
}

// add defines the flags on c.
func (n *netcat) add(c *cobra.Command, timeout string) {
	n.network.add(c)
	n.network.addDrain(c)
	c.Flags().DurationVar(&n.timeout, "timeout", 0, timeout)
	c.Flags().BoolVarP(&n.quiet, "quiet", "q", false, "say nothing on the standard error but errors")
}

// check finds mistakes in the flags of netcat's own.
func (n *netcat) check() error {
	if n.timeout < 0 {
		return fmt.Errorf("--timeout %v: must not be negative: leave it out to wait for as long as it takes", n.timeout)
	}
	return nil
}

// note tells a person what happens, on the standard error.
func (n *netcat) note(c *cobra.Command, format string, args ...any) {
	if !n.quiet {
		fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...)
	}
}

// limit bounds ctx by the flag --timeout.
func (n *netcat) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if n.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, n.timeout)
}

// drain closes the stack after it has sent what it still has to say.
func (n *netcat) drain(ctx context.Context, network *attach.Network) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(n.network.drain, time.Millisecond))
	defer cancel()
	if err := network.Drain(ctx); err != nil {
		return fmt.Errorf("the other side has not acknowledged everything (--drain %v): %w", n.network.drain, err)
	}
	return nil
}

// explain says what has ended a wait, if that was the flag --timeout or Ctrl-C.
func (n *netcat) explain(ctx context.Context, doing string, err error) error {
	switch ctx.Err() {
	case nil:
		return err
	case context.DeadlineExceeded:
		return fmt.Errorf("%s: no connection within --timeout %v", doing, n.timeout)
	}
	return fmt.Errorf("%s: interrupted", doing)
}
