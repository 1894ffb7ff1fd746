package pinger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
	"github.com/seed-731cb71d/warren/netstack"
)

// Config says whom to ask, how often, and where to tell.
type Config struct {
	To netip.Addr

	// Ping sends one request; (*netstack.Stack).Ping does.
	Ping func(context.Context, netip.Addr, netstack.PingOptions) (netstack.PingReply, error)

	// Count is how many requests are sent; 0 means until ctx ends.
	Count int

	// Interval lies between the starts of two requests, Timeout is how long
	// an answer may take. A request is never sent while another is waited for.
	Interval, Timeout time.Duration

	// PayloadBytes and TTL are those of netstack.PingOptions.
	PayloadBytes, TTL int

	// Out gets the lines; with JSON one object a line, the summary last.
	Out  io.Writer
	JSON bool
}

// ErrNoAnswer is what Run returns when no request was answered.
var ErrNoAnswer = errors.New("no answer")

// Run sends requests until Count of them have been sent or ctx ends, writes a
// line for each and a summary. It returns an error that is ErrNoAnswer if none
// was answered, and at once what the stack says when it cannot send.
func Run(ctx context.Context, cfg Config) error {
	var sum Summary
	sum.To = cfg.To
	next := time.NewTimer(0)
	defer next.Stop()
	for sequence := 1; cfg.Count == 0 || sequence <= cfg.Count; sequence++ {
		select {
		case <-next.C:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		next.Reset(cfg.Interval)
		if err := cfg.once(ctx, uint16(sequence), &sum); err != nil {
			return err
		}
	}
	if err := cfg.tell(sum.finish()); err != nil {
		return err
	}
	if sum.Received == 0 {
		return fmt.Errorf("%w from %v to %s", ErrNoAnswer, cfg.To, count.Of(sum.Sent, "request"))
	}
	return nil
}

// once sends one request and tells of its answer. A request that ctx
// interrupts does not count.
func (c Config) once(ctx context.Context, sequence uint16, sum *Summary) error {
	waiting, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	reply, err := c.Ping(waiting, c.To, netstack.PingOptions{Sequence: sequence, PayloadBytes: c.PayloadBytes, TTL: c.TTL})
	answer := Answer{Sequence: sequence}
	var refused *netstack.ICMPError
	switch {
	case err == nil:
		answer.From, answer.Bytes, answer.TTL, answer.rtt = reply.From, reply.PayloadBytes, reply.TTL, reply.RTT
		answer.RTTSeconds = reply.RTT.Seconds()
		answer.Answered = true
	case ctx.Err() != nil:
		return nil
	case errors.As(err, &refused):
		answer.From, answer.Reason = refused.From, refused.Error()
	case waiting.Err() == nil:
		return err
	}
	sum.add(answer)
	return c.tell(answer)
}

// tell writes one line.
func (c Config) tell(line fmt.Stringer) error {
	if !c.JSON {
		_, err := fmt.Fprintln(c.Out, line)
		return err
	}
	return json.NewEncoder(c.Out).Encode(line)
}
