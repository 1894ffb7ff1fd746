package scenario

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/seed-731cb71d/warren/sim/internal/gotest"
)

func goTestCommands() []*spec {
	return []*spec{{
		name: "gotest", group: groupFaults, syntax: "gotest PACKAGE TEST [-race] [-tags=TAGS] [FLAG]...",
		doc: "Runs code: a Go test that uses sim.Test, by the command go, with the scenario's seed, and with the faults above in place of its own. " +
			"Flags with which the test itself is run are quoted. Shows whether it fails, where it logs from, and its trace. " +
			"This is how -sim.shrink writes a failing test down; it needs the command go, and the test's module around the working directory.",
		compile: compileGoTest,
	}}
}

func compileGoTest(a *args) compiled {
	pkg, test := a.next("PACKAGE"), a.next("TEST")
	for _, t := range []token{pkg, test} {
		if strings.HasPrefix(t.text, "-") {
			a.fail(t, "%q is a flag: %s", t.text, a.usage())
		}
	}
	build := []string{"test", "-v", "-count=1"}
	var flags []string
	for _, t := range a.words {
		switch {
		case t.text == "-race", strings.HasPrefix(t.text, "-tags="):
			build = append(build, t.text)
		case strings.HasPrefix(strings.TrimLeft(t.text, "-"), "test."), !strings.HasPrefix(t.text, "-"):
			a.fail(t, "%q is no flag of the test's own: give such as it defines, or none", t.text)
		default:
			flags = append(flags, t.text)
		}
	}
	a.words = nil
	build = append(append(build, "-run", gotest.Pattern(test.text), pkg.text, "-args"), flags...)
	return compiled{run: func(r *runner, c *call) {
		if err := r.goTest(build); err != nil {
			r.stop(c, err)
		}
	}}
}

// goTest runs the command go and shows what came of it.
func (r *runner) goTest(args []string) error {
	faults, err := r.faultFile()
	if err != nil {
		return err
	}
	defer os.Remove(faults)
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("WARREN_SIM=seed=%d faults=%q", r.w.Seed(), faults))
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	trace := gotest.Trace(string(output))
	if trace == "" && err != nil {
		return fmt.Errorf("go %s: %s", strings.Join(args, " "), output)
	}
	if trace == "" {
		return fmt.Errorf("go %s: there is no such test that uses sim.Test", strings.Join(args, " "))
	}
	if err != nil {
		r.print("fails")
	} else {
		r.print("passes")
	}
	for _, complaint := range gotest.Complaints(string(output)) {
		r.print("%s", complaint)
	}
	r.print("trace %s", trace)
	return nil
}

// faultFile writes the faults above a gotest into a file of their own.
func (r *runner) faultFile() (name string, err error) {
	var text strings.Builder
	for _, f := range r.kept {
		fmt.Fprintf(&text, "fault %v\n", f)
	}
	file, err := os.CreateTemp("", "warren-*.scenario")
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text.String())
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the first error is the one to tell
	}
	return file.Name(), err
}

// hasGoTest reports whether the scenario is about a Go test. Its faults are
// that test's then, and the hosts they name are not the scenario's.
func (f *File) hasGoTest() bool {
	return slices.ContainsFunc(f.lines, func(line string) bool { return firstWord(strings.TrimSpace(line)) == "gotest" })
}
