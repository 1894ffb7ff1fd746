package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/pinger"
)

// The most that an echo request carries, in bytes.
const pingBytesMax = 65507

// pinging is a command line of warren ping.
type pinging struct {
	network networkFlags
	config  pinger.Config
}

// newPing returns the command warren ping.
func newPing() *cobra.Command {
	var p pinging
	c := &cobra.Command{
		Use:   "ping HOST",
		Short: "Send echo requests from the stack",
		Long: `Sends ICMP echo requests from the stack to HOST, an address or a name that the
operating system resolves, until Ctrl-C or --count. The exit code is 1 when
nothing was answered.`,
		Example: "  warren ping --addr 10.7.0.2/24 --count 3 10.7.0.1",
		Args:    arguments(1, 1),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			if err := p.check(); err != nil {
				return usage(c, err)
			}
			to, err := p.resolve(c.Context(), args[0])
			if err != nil {
				return usage(c, err)
			}
			return p.run(c, to)
		},
	}
	p.network.add(c)
	flags := c.Flags()
	flags.IntVarP(&p.config.Count, "count", "c", 0, "stop after this `number` of requests (default never)")
	flags.DurationVarP(&p.config.Interval, "interval", "i", time.Second, "`duration` between two requests")
	flags.DurationVarP(&p.config.Timeout, "timeout", "W", 2*time.Second, "`duration` to wait for an answer")
	flags.IntVarP(&p.config.PayloadBytes, "size", "s", 56, "`bytes` of data in a request")
	flags.IntVarP(&p.config.TTL, "ttl", "t", 0, "the requests' time to live in `hops` (default 64)")
	flags.BoolVar(&p.config.JSON, "json", false, "write one JSON object a line, the summary last")
	return c
}

func (p *pinging) check() error {
	cfg := p.config
	switch {
	case cfg.Count < 0:
		return fmt.Errorf("--count %d: must be 1 or more, or 0 to go on until Ctrl-C", cfg.Count)
	case cfg.Interval < time.Millisecond:
		return fmt.Errorf("--interval %v: must be at least 1ms", cfg.Interval)
	case cfg.Timeout < time.Millisecond:
		return fmt.Errorf("--timeout %v: must be at least 1ms", cfg.Timeout)
	case cfg.PayloadBytes < 0 || cfg.PayloadBytes > pingBytesMax:
		return fmt.Errorf("--size %d: must be 0 to %d bytes", cfg.PayloadBytes, pingBytesMax)
	case cfg.TTL < 0 || cfg.TTL > 255:
		return fmt.Errorf("--ttl %d: must be 1 to 255, or 0 for the default", cfg.TTL)
	}
	return nil
}

// resolve returns the first address of host that is of a family which the
// stack has.
func (p *pinging) resolve(ctx context.Context, host string) (netip.Addr, error) {
	addresses, err := []netip.Addr{}, error(nil)
	if a, parseErr := netip.ParseAddr(host); parseErr == nil {
		addresses = append(addresses, a.Unmap())
	} else if addresses, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
		return netip.Addr{}, fmt.Errorf("HOST %q: is no address, and as a name: %w", host, err)
	}
	for _, a := range addresses {
		if _, ok := p.network.family(a.Unmap()); ok {
			return a.Unmap(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("HOST %q: has %v and the stack no address of that family: give it one with --addr", host, addresses)
}

func (p *pinging) run(c *cobra.Command, to netip.Addr) error {
	network, err := p.network.open()
	if err != nil {
		return err
	}
	defer network.Close()
	cfg := p.config
	cfg.To, cfg.Ping, cfg.Out = to, network.Stack.Ping, c.OutOrStdout()
	if cfg.PayloadBytes == 0 {
		cfg.PayloadBytes = -1 // none; 0 would be the stack's default
	}
	if !cfg.JSON {
		from, _ := p.network.family(to)
		fmt.Fprintf(cfg.Out, "%v pings %v with %s, %s\n", from, to, count.Of(max(cfg.PayloadBytes, 0), "byte"), ends(network))
	}
	return explainDial(pinger.Run(c.Context(), cfg))
}
