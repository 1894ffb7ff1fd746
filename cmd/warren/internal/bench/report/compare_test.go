package report

import (
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

func everyRow(string) bool { return true }

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name             string
		memory, tun      float64 // new ratios; the old ones are 2 and 2
		want             func(string) bool
		compared, losses int
	}{
		{"same", 2, 2, everyRow, 2, 0},
		{"14 per cent lower", 1.72, 2, everyRow, 2, 0},
		{"16 per cent lower", 1.68, 2, everyRow, 2, 1},
		{"better", 3, 1, everyRow, 2, 0},
		{"a latency 17 per cent higher", 2, 2.34, everyRow, 2, 0},
		{"a latency 18 per cent higher", 2, 2.36, everyRow, 2, 1},
		{"that one is not in memory", 2, 2.36, InMemory, 1, 0},
	} {
		changes := Compare(outcome(2, 2), outcome(test.memory, test.tun), test.want)
		losses := 0
		for _, c := range changes {
			if c.Lost() {
				losses++
			}
		}
		if len(changes) != test.compared || losses != test.losses {
			t.Errorf("%s: %d compared, %d lost, want %d and %d: %+v", test.name, len(changes), losses, test.compared, test.losses, changes)
		}
		if err := Judge(changes); (err != nil) != (losses > 0) {
			t.Errorf("%s: error %v", test.name, err)
		}
	}
}

// without is an outcome in which a variant of the row in memory has no ratio.
func without(why map[string]string) *series.Outcome {
	o := outcome(2, 2)
	o.Rows[0].Cells[1].Ratio = series.Spread{}
	o.Rows[0].Missing = why
	return o
}

func TestJudgeNamesWhatIsLostAndMissing(t *testing.T) {
	two := outcome(2, 2)
	two.Rows[1].Name = "memory second"
	weights := &series.Outcome{Rows: []series.RowOutcome{{Name: "memory weight", Cells: []series.Cell{{Row: "memory weight", Variant: "v", Metric: "heap", Value: series.SpreadOf([]float64{5})}}}}}
	for _, test := range []struct {
		name          string
		before, after *series.Outcome
		want          string // "" is no error
		table         string
	}{
		{"one lost", outcome(2, 2), outcome(1, 2), "1 of 2 ratios has fallen below 85 per cent of what was recorded: memory row: v (50 %)", "LOST"},
		{"two lost", outcome(2, 2), outcome(1, 9), "2 of 2 ratios have fallen below 85 per cent of what was recorded: memory row: v (50 %); TUN row: v (22 %)", "LOST"},
		{"a row", two, outcome(2, 2), "NEW.json lacks what OLD.json has: memory second: measure it", "MISSING"},
		{"a row without ratios", weights, outcome(2, 2), "NEW.json lacks what OLD.json has: memory weight: ", "MISSING"},
		{"every row", outcome(2, 2), &series.Outcome{}, "NEW.json lacks what OLD.json has: memory row; TUN row: ", "MISSING"},
		{"a variant", outcome(2, 2), without(nil), "NEW.json lacks what OLD.json has: memory row: v: ", "MISSING"},
		{"a base", outcome(2, 2), without(map[string]string{"base": "starved"}), "memory row: v (starved): ", "MISSING"},
		{"lost and missing", two, outcome(1, 1), ". NEW.json lacks", "MISSING"},
		{"a new row", outcome(2, 2), &series.Outcome{Rows: append(outcome(2, 2).Rows, weights.Rows...)}, "", "new"},
		{"a new variant", without(nil), outcome(2, 2), "", "new"},
		{"only new", &series.Outcome{}, outcome(2, 2), "nothing was compared: OLD.json has no ratios", "new"},
		{"no ratios", weights, weights, "nothing was compared", ""},
	} {
		changes := Compare(test.before, test.after, everyRow)
		err := Judge(changes)
		if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		var out strings.Builder
		if err := Changes(&out, changes); err != nil || !strings.Contains(out.String(), test.table) {
			t.Errorf("%s: %v, want %q in:\n%s", test.name, err, test.table, out.String())
		}
	}
}

func TestDifferences(t *testing.T) {
	file := func(seconds float64) File {
		o := outcome(2, 2)
		o.Samples[0].Excluded, o.Samples[0].Result.Seconds = "", seconds
		return File{Machine: Machine{CPU: "a", GOMAXPROCS: 2}, Settings: &Settings{Repetitions: 5}, Outcome: o}
	}
	for want, change := range map[string]func(f *File){
		"":                                func(*File) {},
		"GOMAXPROCS (2 and 4).":           func(f *File) { f.Machine.GOMAXPROCS = 4 },
		"the processor (a and b).":        func(f *File) { f.Machine.CPU = "b" },
		"Go ( and go1).":                  func(f *File) { f.Machine.Go = "go1" },
		"--reps (5 and 2).":               func(f *File) { f.Settings.Repetitions = 2 },
		"--pinned (false and true).":      func(f *File) { f.Settings.Pinned = true },
		`--congestion ("" and "cubic").`:  func(f *File) { f.Settings.Congestion = "cubic" },
		`--variant ([] and ["name=a"]).`:  func(f *File) { f.Settings.Variants = []string{"name=a"} },
		"(memory row: 0.6 s and 0.12 s).": func(f *File) { f.Outcome = file(0.12).Outcome; f.Settings = nil },
	} {
		before, after := file(0.6), file(0.7) // which is about as long
		change(&after)
		got := Differences(before, after)
		if want == "" && got != "" || want != "" && (!strings.HasPrefix(got, "OLD and NEW were not measured alike: they differ in ") || !strings.HasSuffix(got, want)) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	a, b := file(0.6), file(0.1)
	for _, o := range []*series.Outcome{a.Outcome, b.Outcome} {
		other := o.Samples[0]
		other.Row = "TUN row"
		o.Samples = append(o.Samples, other)
	}
	if got := Differences(a, b); !strings.Contains(got, "0.6 s and 0.1 s, and in 1 more row)") {
		t.Errorf("%q", got)
	}
}
