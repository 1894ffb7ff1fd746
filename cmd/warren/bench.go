package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// benchHelp says what the measurements have in common.
const benchHelp = `

Every row is measured several times; within a repetition the variants follow one
another, and the ratio is that to the base in the same repetition. A cell shows
the median and, in brackets, the least and the most. Before each sample other
programs are given 5 seconds to come to rest; a sample during which they kept
more than --load-max processors busy is repeated, up to 5 times, and otherwise
does not count. --json keeps all samples, also those that do not count.`

// benchRun is what warren bench was asked for.
type benchRun struct {
	repetitions int
	loadMax     float64
	rows        string
	quick       bool
	verbose     bool
	json, svg   string
	written     []string // --variant
	pinned      bool
	congestion  string // of the kernel's connections

	pattern  *regexp.Regexp
	variants []bed.Spec
}

// newBench returns the command warren bench.
func newBench() *cobra.Command {
	var b benchRun
	c := b.command("bench", "Measure this machine: the stack beside the kernel and others",
		`Measures what the stack does on this machine, in memory and, where that is
possible, over a TUN device, beside the kernel's own TCP. memory takes about 3
minutes and tun as long again; --quick gives a first look in seconds.`,
		"  warren bench --quick\n  warren bench memory --rows 'round trip'\n  warren bench memory --json new.json && warren bench compare old.json new.json",
		benchMemory, benchTUN)
	b.add(c)
	tun := b.command("tun", "The stack over TUN, beside the kernel over veth",
		`Measures the stack over a TUN device whose other end is the kernel, beside the
kernel's TCP over a veth pair. Two processes in network namespaces that vanish
afterwards. Without root it tries a user namespace.`,
		"  warren bench tun --quick\n  warren bench tun --rows 'one stream' --variant 'name=small;mtu=1280'", benchTUN)
	peers := b.command("peers", "Other programs that give a sandbox a network",
		`Measures slirp4netns and pasta, where they are installed, beside the stack over
TUN. Which of them carries what is said in the notes below the table.`,
		"  warren bench peers --rows 'one stream'", benchPeers)
	for _, sub := range []*cobra.Command{tun, peers} {
		sub.Flags().BoolVar(&b.pinned, "pinned", false, "keep each of the two processes on a processor of its own, in the base as well")
		sub.Flags().StringVar(&b.congestion, "congestion", "", "the kernel's congestion control, in the base as well; by default the system's (`name`)")
		sub.Flags().StringArrayVar(&b.written, "variant", nil, "measure one more `variant` of the stack: key=value;..., of "+specKeys())
	}
	c.AddCommand(tun, peers,
		b.command("memory", "Two stacks in this process, beside the kernel's loopback",
			`Measures two stacks joined in memory, beside the kernel's loopback, net.Pipe and
wireguard-go's netstack. It needs no rights.`,
			"  warren bench memory --rows 'connections|round trip'", benchMemory),
		b.command("sim", "TCP in the simulator, beside its models",
			`Measures TCP over a long and lossy path in virtual time, beside published
formulas. Equal versions have equal numbers on every machine of an architecture.`,
			"  warren bench sim --quick", benchSim),
		newBenchCompare())
	return c
}

// command is one that measures groups.
func (b *benchRun) command(use, short, long, example string, groups ...benchGroup) *cobra.Command {
	return &cobra.Command{
		Use:               use,
		Short:             short,
		Long:              long + benchHelp,
		Example:           example,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return b.run(c, groups) },
	}
}

// add defines the flags on c and on the commands below it.
func (b *benchRun) add(c *cobra.Command) {
	f := c.PersistentFlags()
	f.IntVar(&b.repetitions, "reps", 5, "measure each row this `number` of times")
	f.Float64Var(&b.loadMax, "load-max", 0.3, "how many processors other programs may keep busy, a `number`; below 0 is any")
	f.StringVar(&b.rows, "rows", "", "only the rows whose names match this `regexp`")
	f.BoolVar(&b.quick, "quick", false, "a look, not a measurement: 2 short samples of each, whatever else runs")
	f.BoolVarP(&b.verbose, "verbose", "v", false, "say what each sample has shown, on the standard error")
	f.StringVar(&b.json, "json", "", "write everything to this `file`")
	f.StringVar(&b.svg, "svg", "", "write charts into this `directory`")
}

// check finds mistakes in the flags, and fills in what --quick means.
func (b *benchRun) check(c *cobra.Command) (err error) {
	flags := c.Flags()
	switch {
	case b.repetitions < 1 || b.repetitions > 1000:
		return fmt.Errorf("--reps %d: cannot be: give 1 to 1000", b.repetitions)
	case b.loadMax == 0:
		return errors.New("--load-max 0: no machine is that quiet: give more than 0, or less for any load")
	case flags.Changed("json") && b.json == "", flags.Changed("svg") && b.svg == "":
		return errors.New("--json, --svg: is empty: give a place to write to, or leave the flag out")
	}
	if b.quick && !flags.Changed("reps") {
		b.repetitions = 2
	}
	if b.quick && !flags.Changed("load-max") {
		b.loadMax = -1
	}
	if b.pattern, err = regexp.Compile(b.rows); err != nil {
		return fmt.Errorf("--rows %q: %w: give a regular expression, such as 'round trip'", b.rows, err)
	}
	if err := task.CheckCongestion(b.congestion); err != nil {
		return fmt.Errorf("--congestion: %w: give one of net.ipv4.tcp_available_congestion_control", err)
	}
	for _, text := range b.written {
		spec, err := bed.ParseSpec(text)
		if err != nil {
			return fmt.Errorf("--variant: %w", err)
		}
		b.variants = append(b.variants, spec)
	}
	return nil
}

// run measures the groups and writes what came of them, also of those that
// were finished before Ctrl-C.
func (b *benchRun) run(c *cobra.Command, groups []benchGroup) error {
	if err := b.check(c); err != nil {
		return usage(c, err)
	}
	if err := b.checkPlaces(); err != nil {
		return err
	}
	var total series.Outcome
	var failed error
	for _, g := range groups {
		outcome, err := g.measure(c, b)
		if len(groups) > 1 && errors.As(err, new(environmentError)) {
			total.Skip(g.name, err.Error())
			continue
		}
		total.Add(outcome)
		if err != nil {
			failed = errors.Join(failed, err)
		}
		if c.Context().Err() != nil {
			break
		}
	}
	if failed == nil && len(total.Rows) == 0 && len(total.Skipped) == 0 {
		return usage(c, fmt.Errorf("--rows %q: no row has such a name: %s --quick shows them all", b.rows, c.CommandPath()))
	}
	return errors.Join(failed, b.write(c.OutOrStdout(), &total))
}

// write ends the table and writes the files. A child leaves the end to the
// process that has started it.
func (b *benchRun) write(out io.Writer, total *series.Outcome) error {
	machine := report.ThisMachine()
	if !namespace.Inside() {
		if err := report.End(out, machine, total); err != nil {
			return err
		}
	}
	if b.json != "" {
		if err := report.Write(b.json, machine, total); err != nil {
			return fmt.Errorf("--json: %w: give a file in a directory that can be written", err)
		}
	}
	if b.svg != "" {
		if err := report.Charts(b.svg, total); err != nil {
			return fmt.Errorf("--svg: %w: give a directory that can be written", err)
		}
	}
	return nil
}
