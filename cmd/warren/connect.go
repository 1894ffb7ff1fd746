package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/relay"
	"github.com/seed-731cb71d/warren/netstack"
)

// newConnect returns the command warren connect.
func newConnect() *cobra.Command {
	var n netcat
	c := &cobra.Command{
		Use:   "connect HOST PORT | ADDR:PORT",
		Short: "Connect and join the connection with the standard input and output",
		Long: `Opens a TCP connection from the stack, sends it the standard input and writes
what it brings to the standard output. The end of the input ends only that
direction: the other side can still answer. Names are resolved by the
operating system.`,
		Example: "  nc -l 10.7.0.1 7000 &\n  warren connect --addr 10.7.0.2/24 10.7.0.1 7000 < file",
		Args:    arguments(1, 2),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.check(); err != nil {
				return usage(c, err)
			}
			remote, err := parseRemote(args)
			if err != nil {
				return usage(c, err)
			}
			return n.connect(c, remote)
		},
	}
	n.add(c, "give up when there is no connection after this `duration` (default what TCP takes, about two minutes)")
	return c
}

// connect serves one connection to remote.
func (n *netcat) connect(c *cobra.Command, remote string) error {
	network, err := n.network.open()
	if err != nil {
		return err
	}
	defer network.Close()
	dialling, cancel := n.limit(c.Context())
	defer cancel()
	dialled, err := network.Stack.DialContext(dialling, "tcp", remote)
	if err != nil {
		return n.explain(dialling, "connecting to "+remote, explainDial(err))
	}
	conn, ok := dialled.(*netstack.Conn)
	if !ok {
		return fmt.Errorf("connecting to %s gave a %T", remote, dialled)
	}
	n.note(c, "connected to %v", conn.RemoteAddrPort())
	err = relay.Run(c.Context(), conn, relay.NewInput(c.InOrStdin()), c.OutOrStdout(), relay.Config{Drain: n.network.drain})
	if err != nil {
		return err
	}
	return n.drain(c.Context(), network)
}

// explainDial adds the remedy that the command line has for an error.
func explainDial(err error) error {
	switch {
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: give the stack an address of that family with --addr", err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: nobody listens there", err)
	}
	return err
}
