package sim

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/shrink"
)

// reduced is a run with the few faults that its failure needs, as a scenario
// file has it:
//
//	# comments
//	seed 7
//	gotest ./test/bugs TestJobs/7
//	fault exact path="client1/eth0>server/eth0" flow="tcp ..." index=3 drop
//	----
//	what was observed
type reduced struct {
	seed   uint64
	faults fault.List // never nil
}

// readReduced reads the file that -sim.faults names. Lines of a scenario that
// are of no use without its topology are refused: it is then another kind of
// scenario.
func readReduced(file string) (reduced, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return reduced{}, fmt.Errorf("sim: -sim.faults: %w", err)
	}
	r := reduced{faults: fault.List{}}
	observed := false // between ---- and an empty line
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		observed = observed && line != "" || line == "----"
		if observed || line == "" || line[0] == '#' {
			continue
		}
		if err := r.line(line); err != nil {
			return reduced{}, fmt.Errorf("sim: -sim.faults: %s:%d: %w", file, i+1, err)
		}
	}
	return r, nil
}

// line reads one command.
func (r *reduced) line(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "gotest":
		return nil
	case "seed":
		n, err := strconv.ParseUint(strings.TrimSpace(rest), 10, 64)
		if err != nil || n == 0 {
			return fmt.Errorf("seed is %q: give a whole number from 1 on", rest)
		}
		r.seed = n
		return nil
	case "fault":
		f, err := fault.Parse(rest)
		if err == nil {
			r.faults = append(r.faults, f)
		}
		return err
	}
	return fmt.Errorf("%q is none of seed, gotest and fault: give a file as -sim.shrink writes it; warren sim run is for other scenarios", verb)
}

// writeReduced writes a scenario file. remarks come first, as comments; test is
// the package, the test and further flags, as gotest has them; observed is what
// its run shows.
func writeReduced(file string, remarks []string, seed uint64, test []string, events []shrink.Event, observed []string) error {
	var b strings.Builder
	for _, remark := range remarks {
		fmt.Fprintf(&b, "# %s\n", remark)
	}
	fmt.Fprintf(&b, "seed %d\n", seed)
	for _, e := range events {
		if e.Note != "" {
			fmt.Fprintf(&b, "# %s\n", e.Note)
		}
		fmt.Fprintf(&b, "fault %v\n", e.Fault)
	}
	b.WriteString("gotest")
	for _, word := range test {
		b.WriteByte(' ')
		if strings.ContainsAny(word, " \t\"#=") {
			word = strconv.Quote(word)
		}
		b.WriteString(word)
	}
	b.WriteString("\n----\n")
	for _, line := range observed {
		fmt.Fprintln(&b, line)
	}
	return os.WriteFile(file, []byte(b.String()), 0o666)
}
