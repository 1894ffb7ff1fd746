package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// check finds mistakes in the flags before the minutes that it takes to measure,
// and fills in what --quick means.
func (b *benchRun) check(c *cobra.Command, groups []benchGroup) error {
	flags := c.Flags()
	switch {
	case b.repetitions < 1 || b.repetitions > 1000:
		return fmt.Errorf("--reps %d: cannot be: give 1 to 1000", b.repetitions)
	case b.loadMax == 0:
		return errors.New("--load-max 0: no machine is that quiet: give more than 0, or less for any load")
	case math.IsNaN(b.loadMax) || math.IsInf(b.loadMax, 0):
		return fmt.Errorf("--load-max %v: is no number of processors: give one such as 0.3, or -1 for any load", b.loadMax)
	}
	for _, name := range []string{"json", "svg", "congestion"} {
		if f := flags.Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
			return fmt.Errorf("--%s: is empty: give a value, or leave the flag out", name)
		}
	}
	if b.quick && !flags.Changed("reps") {
		b.repetitions = 2
	}
	if b.quick && !flags.Changed("load-max") {
		b.loadMax = -1
	}
	if err := b.checkRows(groups); err != nil {
		return err
	}
	if err := task.CheckCongestion(b.congestion); err != nil {
		return fmt.Errorf("--congestion: %w", err)
	}
	if err := b.checkVariants(); err != nil {
		return fmt.Errorf("--variant: %w", err)
	}
	if b.pinned {
		if err := bed.CheckPinned(); err != nil {
			return fmt.Errorf("--pinned: %w", err)
		}
	}
	return b.checkPlaces()
}

// checkRows wants --rows to match some of the groups' names.
func (b *benchRun) checkRows(groups []benchGroup) (err error) {
	if b.pattern, err = regexp.Compile(b.rows); err != nil {
		return fmt.Errorf("--rows %q: %w: give a regular expression, such as 'round trip'", b.rows, err)
	}
	var names []string
	for _, g := range groups {
		names = append(names, g.rows()...)
	}
	if !slices.ContainsFunc(names, b.pattern.MatchString) {
		return fmt.Errorf("--rows %q: no row has such a name: the names are %q", b.rows, names)
	}
	return nil
}

// checkVariants reads what --variant has.
func (b *benchRun) checkVariants() error {
	profiles := map[string]string{} // names of variants by their files
	for _, text := range b.written {
		spec, err := bed.ParseSpec(text)
		if err != nil {
			return err
		}
		b.variants = append(b.variants, spec)
		if spec.Pinned {
			if err := bed.CheckPinned(); err != nil {
				return fmt.Errorf("%s: pinned: %w", spec.Name, err)
			}
		}
		if spec.CPUProfile == "" {
			continue
		}
		if err := checkFile(spec.CPUProfile); err != nil {
			return fmt.Errorf("%s: cpuprofile: %w: give a file in a directory that can be written", spec.Name, err)
		}
		if other, ok := profiles[filepath.Clean(spec.CPUProfile)]; ok {
			return fmt.Errorf("%s: cpuprofile=%s: is that of %s as well: give each its own", spec.Name, spec.CPUProfile, other)
		}
		profiles[filepath.Clean(spec.CPUProfile)] = spec.Name
	}
	return bed.CheckNames(b.variants)
}
