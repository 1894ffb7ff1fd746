package main

import (
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/relay"
	"github.com/seed-731cb71d/warren/netstack"
)

// newListen returns the command warren listen.
func newListen() *cobra.Command {
	var n netcat
	c := &cobra.Command{
		Use:   "listen [ADDR:]PORT",
		Short: "Accept a connection and join it with the standard input and output",
		Long: `Waits for a TCP connection to the stack, sends it the standard input and writes
what it brings to the standard output. The end of the input ends only that
direction: the other side can still answer. Port 0 lets the stack choose.`,
		Example: "  warren listen --addr 10.7.0.2/24 7000 > received\n  nc -N 10.7.0.2 7000 < file",
		Args:    arguments(1, 1),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.check(); err != nil {
				return usage(c, err)
			}
			local, err := parseListen("PORT", args[0], n.network.config)
			if err != nil {
				return usage(c, err)
			}
			return n.listen(c, local)
		},
	}
	n.add(c, "give up when nobody has connected for this `duration` (default never)")
	c.Flags().BoolVarP(&n.keepOpen, "keep-open", "k", false, "go on with the next connection, until Ctrl-C")
	return c
}

// listen serves one connection, or one after the other.
func (n *netcat) listen(c *cobra.Command, local netip.AddrPort) error {
	network, err := n.network.open()
	if err != nil {
		return err
	}
	defer network.Close()
	l, err := network.Stack.ListenTCP(c.Context(), local, netstack.ListenOptions{ReuseAddr: true})
	if err != nil {
		return err
	}
	n.note(c, "listening on %s, %s", join(n.network.reachable(l.AddrPort())), ends(network))
	in := relay.NewInput(c.InOrStdin())
	for {
		conn, err := n.accept(c, l)
		if n.keepOpen && c.Context().Err() != nil {
			return n.drain(c.Context(), network)
		}
		if err != nil {
			return err
		}
		err = relay.Run(c.Context(), conn, in, c.OutOrStdout(), relay.Config{Drain: n.network.drain})
		switch {
		case n.keepOpen && err != nil:
			n.note(c, "%v", err)
		case n.keepOpen:
		case err != nil:
			return err
		default:
			return n.drain(c.Context(), network)
		}
	}
}

// accept waits for the next connection.
func (n *netcat) accept(c *cobra.Command, l *netstack.Listener) (*netstack.Conn, error) {
	waiting, cancel := n.limit(c.Context())
	defer cancel()
	conn, err := l.AcceptTCP(waiting)
	if err != nil {
		return nil, n.explain(waiting, "accepting", err)
	}
	if !n.keepOpen {
		l.Close() // whoever comes second is refused
	}
	n.note(c, "connection from %v", conn.RemoteAddrPort())
	return conn, nil
}
