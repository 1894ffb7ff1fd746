package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// planner makes a plan of what needs devices.
type planner func(context.Context, bed.Options) (series.Plan, error)

// newTUN returns the command warren bench tun.
func (b *benchRun) newTUN() *cobra.Command {
	return b.withDevices(&cobra.Command{
		Use:   "tun",
		Short: "The stack over a TUN device, beside the kernel over a veth pair",
		Long: `Measures the stack over a TUN device with the kernel on its other end, beside the
kernel's own TCP between two network namespaces joined by a veth pair. The two
sides are processes of their own. It is done as root, or as an ordinary user in
a user namespace made for it; the system's own network is not touched.

--variant adds a variant of the stack to compare, and can be given several times:
key=value, joined by semicolons. The keys are ` + strings.Join(bed.SpecKeys(), ", ") + `.`,
		Example: "  warren bench tun --rows 'one stream' --variant 'name=poll;mtu=65520;busypoll=50us'",
	}, bed.TUN)
}

// newPeers returns the command warren bench peers.
func (b *benchRun) newPeers() *cobra.Command {
	return b.withDevices(&cobra.Command{
		Use:   "peers",
		Short: "slirp4netns and pasta, beside the stack over TUN",
		Long: `Measures a client in a sandbox of slirp4netns and of pasta, where they are
installed, beside the stack over a TUN device; veth is the base of all. It needs
what warren bench tun needs.`,
	}, bed.Peers)
}

// withDevices completes a command that measures what needs devices.
func (b *benchRun) withDevices(c *cobra.Command, plan planner) *cobra.Command {
	var written []string
	c.Args = cobra.NoArgs
	c.Flags().StringArrayVar(&written, "variant", nil, "compare the stack over TUN with these `settings` too")
	c.RunE = func(c *cobra.Command, _ []string) error {
		o := bed.Options{Quick: b.quick}
		for _, text := range written {
			s, err := bed.ParseSpec(text)
			if err != nil {
				return usage(c, fmt.Errorf("--%w", err))
			}
			o.Specs = append(o.Specs, s)
		}
		return b.inNamespace(c, func(ctx context.Context) (series.Plan, error) { return plan(ctx, o) })
	}
	return c
}

// inNamespace runs a plan or, where that takes rights that this process has not,
// has a child run it that is root of a user namespace.
func (b *benchRun) inNamespace(c *cobra.Command, planned func(context.Context) (series.Plan, error)) error {
	if _, err := b.check(c); err != nil {
		return usage(c, err)
	}
	err := namespace.Possible()
	if errors.Is(err, fs.ErrPermission) && !namespace.Inside() {
		code, err := namespace.Enter(c.Context(), os.Args[1:], c.OutOrStdout(), c.ErrOrStderr())
		if err != nil {
			return environmentError{err}
		}
		return childEnded(code).orNil()
	}
	if err != nil {
		return environmentError{err}
	}
	return b.run(c, planned)
}

// childEnded is the exit code, not 0, of a child that has done this process's
// work and has said what there was to say.
type childEnded int

func (e childEnded) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// orNil is e, or nil for 0.
func (e childEnded) orNil() error {
	if e == 0 {
		return nil
	}
	return e
}
