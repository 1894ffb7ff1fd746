package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/report"
	"github.com/seed-731cb71d/warren/sim/scenario"
)

// newSim returns the command warren sim.
func newSim() *cobra.Command {
	c := &cobra.Command{
		Use:   "sim",
		Short: "Run scenarios in a simulated network",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage(c, errors.New("choose what to do: run and the FILEs"))
		},
	}
	c.AddCommand(newSimRun())
	return c
}

// simRun is what warren sim run was asked for.
type simRun struct {
	seed       uint64
	update     bool
	quiet      bool
	pcap, html string
}

// filesMax is more files than a command line holds.
const filesMax = 1 << 20

// newSimRun returns the command warren sim run.
func newSimRun() *cobra.Command {
	var s simRun
	c := &cobra.Command{
		Use:   "run FILE...",
		Short: "Run scenario files and compare what they let be observed",
		Long: `Runs each scenario file in a world of its own, in virtual time, and compares
what is observed with what the file expects. Differences are shown line by
line and make the command fail; --update writes what was observed into the
files instead. docs/scenarios.md describes the format.

It needs no rights and no network, and opens no kernel socket. Of a file's
commands gotest alone runs code: a Go test, by the command go.`,
		Example: "  warren sim run backlog.scenario\n  warren sim run --update test/testdata/scenarios/*.scenario\n  warren sim run --seed 7 --pcap run.pcapng loss.scenario",
		Args:    arguments(1, filesMax),
		RunE:    func(c *cobra.Command, args []string) error { return s.run(c, args) },
	}
	f := c.Flags()
	f.Uint64Var(&s.seed, "seed", 0, "draw all chance from this `number` instead of the file's seed")
	f.BoolVar(&s.update, "update", false, "write what was observed into the files")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "say nothing of files that pass")
	f.StringVar(&s.pcap, "pcap", "", "write the packets to this `file`, as pcapng with virtual times")
	f.StringVar(&s.html, "html", "", "write a report with diagrams to this `file`")
	return c
}

func (s *simRun) run(c *cobra.Command, files []string) error {
	if err := s.check(c, files); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.all(c.OutOrStdout(), files) }()
	select {
	case err := <-ended:
		return err
	case <-c.Context().Done():
		return c.Context().Err() // nothing is left behind that the end of the process does not end
	}
}

// all runs the files, one after the other.
func (s *simRun) all(out io.Writer, files []string) error {
	failed := 0
	for _, name := range files {
		ok, err := s.one(out, name)
		if err != nil {
			return err
		}
		if !ok {
			failed++
		}
	}
	if !s.quiet {
		if _, err := fmt.Fprintln(out, sim.Versions()); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d scenarios ended otherwise than expected", failed, len(files))
	}
	return nil
}

// check finds flags that do not go together.
func (s *simRun) check(c *cobra.Command, files []string) error {
	flags := c.Flags()
	switch {
	case flags.Changed("seed") && s.seed == 0:
		return usage(c, errors.New("--seed 0: is no seed: give a number from 1 on"))
	case s.update && flags.Changed("seed"):
		return usage(c, errors.New("--update and --seed: a file's expectations belong to its own seed: write a line seed N into the file"))
	case flags.Changed("pcap") && s.pcap == "", flags.Changed("html") && s.html == "":
		return usage(c, errors.New("--pcap, --html: is empty: give a file to write, or leave the flag out"))
	case len(files) > 1 && s.pcap+s.html != "":
		return usage(c, fmt.Errorf("--pcap, --html: %d scenarios cannot share one file: give one scenario", len(files)))
	}
	return nil
}

// one runs one file and reports whether it passed, or was updated. The error is
// about writing.
func (s *simRun) one(out io.Writer, name string) (ok bool, err error) {
	f, err := scenario.Load(name)
	if mistakes := (scenario.Errors)(nil); errors.As(err, &mistakes) {
		_, err := fmt.Fprintf(out, "FAIL  %s\n%v\n", name, mistakes)
		return false, err
	}
	if err != nil {
		return false, environmentError{fmt.Errorf("FILE %w: give a scenario file that can be read", err)}
	}
	var reports error
	options := scenario.Options{Seed: s.seed, Samples: s.html != ""}
	if s.pcap+s.html != "" {
		options.Done = func(w *sim.World, r *scenario.Result, err error) { reports = s.write(w.Report(), name, r, err) }
	}
	result, runErr := f.Run(options)
	if reports != nil {
		return false, reports
	}
	return s.tell(out, name, result, runErr)
}

// write writes the capture and the report.
func (s *simRun) write(run *report.Run, name string, r *scenario.Result, err error) error {
	run.Test = name
	run.Replay = fmt.Sprintf("warren sim run --seed %d %s", r.Seed, name)
	for i := range r.Differences {
		run.Failure += r.Differences[i].String()
	}
	if err != nil {
		run.Failure += err.Error()
	}
	if s.pcap != "" {
		if err := report.WritePcap(s.pcap, run); err != nil {
			return fmt.Errorf("--pcap: %w: give a file in a directory that can be written", err)
		}
	}
	if s.html != "" {
		if err := report.WriteHTML(s.html, run); err != nil {
			return fmt.Errorf("--html: %w: give a file in a directory that can be written", err)
		}
	}
	return nil
}

// tell says what came of a run.
func (s *simRun) tell(out io.Writer, name string, r *scenario.Result, runErr error) (ok bool, err error) {
	summary := fmt.Sprintf("%s  seed %d, %v of virtual time, hash %s", name, r.Seed, r.Elapsed, r.Hash)
	changed := s.update && runErr == nil && !r.Passed()
	switch {
	case changed:
		if err := os.WriteFile(name, r.Updated, 0o644); err != nil {
			return false, fmt.Errorf("--update: %w: give a file that can be written", err)
		}
		_, err = fmt.Fprintf(out, "new   %s\n", summary)
		return true, err
	case r.Passed() && runErr == nil:
		if !s.quiet {
			_, err = fmt.Fprintf(out, "ok    %s\n", summary)
		}
		return true, err
	}
	_, err = fmt.Fprintf(out, "FAIL  %s\n", summary)
	for i := range r.Differences {
		if err == nil {
			_, err = fmt.Fprint(out, &r.Differences[i])
		}
	}
	if err == nil && runErr != nil {
		_, err = fmt.Fprintln(out, runErr)
	}
	return false, err
}
