package main

import (
	"context"
	"errors"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// newServeEcho returns the command warren serve echo.
func newServeEcho() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "echo",
		Short: "Send every connection its own bytes back",
		Long: `Sends back what a connection brings, in order, until the other side ends. It is
a pool of acceptors on sockets with owners. Ctrl-C lets the connections go on
until their clients end them, or --drain is over.`,
		Example: "  warren serve echo --addr 10.7.0.2/24\n  nc -N 10.7.0.2 7 < file",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return s.run(c, new(echo)) },
	}
	s.add(c, "7")
	return c
}

// echo serves on acceptor pools, one for each listener.
type echo struct {
	node  *transport.Node
	pools []*pool.Pool
}

var _ service = (*echo)(nil)

func (e *echo) listen(_ context.Context, network *attach.Network, local netip.AddrPort) (netip.AddrPort, error) {
	if e.node == nil {
		node, err := transport.NewNode(transport.Config{Network: onstack.Named(network.Stack, "tun")})
		if err != nil {
			return netip.AddrPort{}, err
		}
		e.node = node
	}
	p, err := pool.Start(pool.Config{Name: "echo", Node: e.node, Handler: echoBytes, Port: int(local.Port()), Options: listenOptions(local.Addr())})
	if err != nil {
		return netip.AddrPort{}, err
	}
	e.pools = append(e.pools, p)
	return p.Addr()
}

// listenOptions are the options for an address; the invalid one is every
// address of both families.
func listenOptions(a netip.Addr) []transport.Option {
	switch {
	case !a.IsValid():
		return []transport.Option{transport.Inet6(), transport.V6Only(false)}
	case a.Is6():
		return []transport.Option{transport.Inet6(), transport.IP(a)}
	}
	return []transport.Option{transport.IP(a)}
}

// echoBytes is the handler of one connection. Send blocks when the client does
// not read, so nothing piles up.
func echoBytes(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
	for {
		data, err := tcp.Receive(s, 0, transport.Infinity)
		if err != nil || tcp.Send(s, data.Data) != nil {
			return
		}
		data.Release()
	}
}

func (e *echo) run(ctx, late context.Context) error {
	failed := make(chan error, len(e.pools))
	for _, p := range e.pools {
		go func() {
			<-p.Done()
			failed <- p.Err()
		}()
	}
	var err, cut error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	for _, p := range e.pools {
		if p.Shutdown(late) != nil {
			cut = errCut
		}
	}
	return errors.Join(err, cut)
}

func (e *echo) info() map[string]any {
	var sum pool.Info
	for _, p := range e.pools {
		i := p.Info()
		sum.Accepted += i.Accepted
		sum.Active += i.Active
		sum.Refused += i.Refused
		sum.Paused += i.Paused
	}
	return map[string]any{"accepted": sum.Accepted, "active": sum.Active, "refused": sum.Refused, "acceptors paused": sum.Paused}
}

// close ends the pools, and what is left of their sockets.
func (e *echo) close() error {
	for _, p := range e.pools {
		p.Close()
	}
	if e.node == nil {
		return nil
	}
	return e.node.Close()
}
