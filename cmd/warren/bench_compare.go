package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
)

// benchComparison is what warren bench compare was asked for.
type benchComparison struct {
	all  bool
	rows string
}

// newBenchCompare returns the command warren bench compare.
func newBenchCompare() *cobra.Command {
	var b benchComparison
	c := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Fail if ratios have fallen below 85 per cent of the recorded ones",
		Long: `Compares two files that warren bench --json has written, ratio by ratio, each
row by its first metric. Absolute numbers of two machines or days say little and
are not compared. Without --all only rows in memory are, since those over
devices vary with what the machine is. The exit code is 1 if a ratio has fallen,
or if NEW lacks a row or a variant of OLD; what only NEW has is listed as new.`,
		Example: "  warren bench memory --json new.json\n  warren bench compare old.json new.json\n  warren bench compare --rows 'one stream' old.json new.json",
		Args:    arguments(2, 2),
		RunE:    b.run,
	}
	c.Flags().BoolVar(&b.all, "all", false, "compare rows over devices and in the simulator too")
	c.Flags().StringVar(&b.rows, "rows", "", "only the rows whose names match this `regexp`")
	return c
}

// run compares the two files.
func (b *benchComparison) run(c *cobra.Command, args []string) error {
	pattern, err := regexp.Compile(b.rows)
	if err != nil {
		return usage(c, fmt.Errorf("--rows %q: %w: give a regular expression, such as 'round trip'", b.rows, err))
	}
	before, err := report.Read(args[0])
	if err != nil {
		return usage(c, fmt.Errorf("OLD.json: %w", err))
	}
	after, err := report.Read(args[1])
	if err != nil {
		return usage(c, fmt.Errorf("NEW.json: %w", err))
	}
	changes := report.Compare(before.Outcome, after.Outcome, func(row string) bool {
		return (b.all || report.InMemory(row)) && pattern.MatchString(row)
	})
	if len(changes) == 0 {
		return usage(c, fmt.Errorf("--rows %q: neither file has a ratio in such a row: give another, or --all for rows that are not in memory", b.rows))
	}
	if err := report.Changes(c.OutOrStdout(), changes); err != nil {
		return err
	}
	if text := report.Differences(before, after); text != "" {
		if _, err := fmt.Fprintln(c.OutOrStdout(), text); err != nil {
			return err
		}
	}
	return report.Judge(changes)
}
