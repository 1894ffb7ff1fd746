package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
)

// newBenchCompare returns the command warren bench compare.
func newBenchCompare() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Fail if ratios have fallen below 85 per cent of the recorded ones",
		Long: `Compares two files that warren bench --json has written, ratio by ratio, each
row by its first metric. Absolute numbers of two machines or days say little and
are not compared. Without --all only rows in memory are, since those over
devices vary with what the machine is.`,
		Example: "  warren bench memory --json new.json\n  warren bench compare old.json new.json",
		Args:    arguments(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			before, err := report.Read(args[0])
			if err != nil {
				return fmt.Errorf("OLD.json: %w", err)
			}
			after, err := report.Read(args[1])
			if err != nil {
				return fmt.Errorf("NEW.json: %w", err)
			}
			changes := report.Compare(before.Outcome, after.Outcome, all)
			if err := report.Changes(c.OutOrStdout(), changes); err != nil {
				return err
			}
			return judge(changes, args[0])
		},
	}
	c.Flags().BoolVar(&all, "all", false, "compare rows over devices and in the simulator too")
	return c
}

// judge fails if something is lost, or if there was nothing to compare.
func judge(changes []report.Change, old string) error {
	lost, missing := 0, 0
	for _, change := range changes {
		if change.Lost() {
			lost++
		}
		if change.Missing {
			missing++
		}
	}
	switch {
	case len(changes) == missing:
		return fmt.Errorf("NEW.json has no ratio of %s: measure the same rows, or give --all", old)
	case lost > 0:
		return fmt.Errorf("%d of %d ratios have fallen below 85 per cent of those in %s", lost, len(changes), old)
	}
	return nil
}
