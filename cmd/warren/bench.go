package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// benchHelp says what the measurements that take time have in common.
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
	tun := b.command("tun", "The stack over TUN, beside the kernel over veth",
		`Measures the stack over a TUN device whose other end is the kernel, beside the
kernel's TCP over a veth pair. Two processes in network namespaces that vanish
afterwards. Without root it tries a user namespace.`,
		"  warren bench tun --quick\n  warren bench tun --rows 'one stream' --variant 'name=small;mtu=1280'", benchTUN)
	peers := b.command("peers", "Other programs that give a sandbox a network",
		`Measures slirp4netns and pasta, where they are installed, beside the stack over
TUN. Which of them carries what is said in the notes below the table.`,
		"  warren bench peers --rows 'one stream'", benchPeers)
	memory := b.command("memory", "Two stacks in this process, beside the kernel's loopback",
		`Measures two stacks joined in memory, beside the kernel's loopback, net.Pipe and
wireguard-go's netstack. It needs no rights.`,
		"  warren bench memory --rows 'connections|round trip'", benchMemory)
	sim := b.command("sim", "TCP in the simulator, beside its models",
		`Measures TCP over a long and lossy path in virtual time, beside published
formulas. Equal versions have equal numbers on every machine of an architecture,
whatever else runs there.`,
		"  warren bench sim --quick", benchSim)
	for _, sub := range []*cobra.Command{c, memory, tun, peers} {
		b.addSampling(sub)
	}
	for _, sub := range []*cobra.Command{tun, peers} {
		b.addDevices(sub)
	}
	c.AddCommand(memory, tun, peers, sim, newBenchCompare())
	return c
}

// command is one that measures groups.
func (b *benchRun) command(use, short, long, example string, groups ...benchGroup) *cobra.Command {
	c := &cobra.Command{
		Use:               use,
		Short:             short,
		Long:              long,
		Example:           example,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return b.run(c, groups) },
	}
	f := c.Flags()
	f.StringVar(&b.rows, "rows", "", "only the rows whose names match this `regexp`")
	f.BoolVar(&b.quick, "quick", false, "a look, not a measurement: few and short samples, whatever else runs")
	f.StringVar(&b.json, "json", "", "write everything to this `file`")
	f.StringVar(&b.svg, "svg", "", "write charts into this `directory`")
	return c
}

// addSampling defines the flags of commands whose samples take time, and adds
// what is to be said of them.
func (b *benchRun) addSampling(c *cobra.Command) {
	c.Long += benchHelp
	f := c.Flags()
	f.IntVar(&b.repetitions, "reps", 5, "measure each row this `number` of times; 2 with --quick")
	f.Float64Var(&b.loadMax, "load-max", 0.3, "how many processors other programs may keep busy, a `number`; below 0 is any, as with --quick")
	f.BoolVarP(&b.verbose, "verbose", "v", false, "say what each sample has shown, on the standard error")
}

// addDevices defines the flags of commands that measure over devices.
func (b *benchRun) addDevices(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&b.pinned, "pinned", false, "keep each of the two processes on a processor of its own, in the base as well")
	f.StringVar(&b.congestion, "congestion", "", "the kernel's congestion control, in the base as well; by default the system's (`name`)")
	f.StringArrayVar(&b.written, "variant", nil, "measure one more `variant` of the stack: key=value;..., of "+specKeys()+"; nosack, norack and pinned alone mean true")
}

// run measures the groups that have a row of --rows, and writes what came of
// them, also of those that were finished before Ctrl-C.
func (b *benchRun) run(c *cobra.Command, groups []benchGroup) error {
	if err := b.check(c, groups); err != nil {
		return usage(c, err)
	}
	var total series.Outcome
	var failed error
	for _, g := range groups {
		if !slices.ContainsFunc(g.rows(), b.pattern.MatchString) {
			continue
		}
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
	if failed == nil && !namespace.Inside() {
		failed = nothingMeasured(&total)
	}
	return errors.Join(failed, b.write(c.OutOrStdout(), &total))
}

// nothingMeasured is why there is no value at all, or nil if there are some. A
// child leaves the question to the process that knows the other groups.
func nothingMeasured(total *series.Outcome) error {
	measured, why := total.Measured()
	if measured {
		return nil
	}
	if why != "" {
		return fmt.Errorf("nothing was measured: no sample counts: %s", why)
	}
	for _, name := range slices.Sorted(maps.Keys(total.Skipped)) {
		return environmentError{fmt.Errorf("nothing was measured: %s: %s", name, total.Skipped[name])}
	}
	return nil
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
		if err := report.Write(b.json, report.File{Machine: machine, Settings: b.settings(), Outcome: total}); err != nil {
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

// settings are what --json keeps of the flags.
func (b *benchRun) settings() *report.Settings {
	return &report.Settings{
		Quick: b.quick, Repetitions: b.repetitions, LoadMax: b.loadMax,
		Pinned: b.pinned, Congestion: b.congestion, Variants: b.written,
	}
}
