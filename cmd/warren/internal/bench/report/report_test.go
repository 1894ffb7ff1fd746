package report

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// outcome is that of two rows, with the given ratios of one variant each.
func outcome(memory, tun float64) *series.Outcome {
	row := func(name string, ratio float64, lower bool) series.RowOutcome {
		goal := series.Aim(1.5, 2)
		return series.RowOutcome{
			Name: name,
			Cells: []series.Cell{
				{Row: name, Variant: "base", Metric: "m", Unit: "MB/s", Value: series.SpreadOf([]float64{100, 120, 110}), LowerIsBetter: lower},
				{Row: name, Variant: "v", Metric: "m", Unit: "MB/s", Base: "base", LowerIsBetter: lower, Goal: &goal,
					Value: series.SpreadOf([]float64{0.123, 200}), Ratio: series.SpreadOf([]float64{ratio})},
				{Row: name, Variant: "v", Metric: "second", Unit: "us", Base: "base", Ratio: series.SpreadOf([]float64{ratio / 10})},
			},
			Invalid: map[string]int{"base": 2},
			Notes:   []string{"a note"},
		}
	}
	return &series.Outcome{
		Rows:    []series.RowOutcome{row("memory row", memory, false), row("TUN row", tun, true)},
		Samples: []series.Sample{{Row: "memory row", Variant: "v", Result: task.Result{Bytes: 5, Streams: []int64{2, 3}}, Excluded: "busy"}},
		Skipped: map[string]string{"peer": "not installed"},
		Notes:   []string{"general"},
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	o := outcome(1.75, 1.75)
	for _, row := range o.Rows {
		if err := Row(&out, row); err != nil {
			t.Fatal(err)
		}
	}
	if err := End(&out, Machine{Go: "go1", CPU: "a processor", Commit: "0123456789abcdef+"}, o); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"memory row\n  base  m ",
		"110 [100-120] MB/s",
		"100 [0.12-200] MB/s  x1.75   at least x1.50 (x2.00)  met\n",
		"at most x1.50 (x2.00) missed\n",
		"  base: 2 samples did not count\n",
		"  a note\n",
		"Skipped: peer: not installed\ngeneral\ngo1, ",
		"commit 0123456789ab+",
	} {
		if !strings.Contains(squeeze(out.String()), squeeze(want)) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

func TestTableSaysWhatDidNotCount(t *testing.T) {
	for _, test := range []struct {
		invalid int
		missing string
		want    string
	}{
		{1, "", "  base: 1 sample did not count\n"},
		{2, "", "  base: 2 samples did not count\n"},
		{1, "busy", "  base: 1 sample did not count, and there is no other; the last one: busy. So there are no ratios to it\n"},
	} {
		row := outcome(2, 2).Rows[0]
		row.Invalid["base"], row.Missing = test.invalid, map[string]string{}
		if test.missing != "" {
			row.Missing["base"] = test.missing
		}
		var out strings.Builder
		if err := Row(&out, row); err != nil || !strings.Contains(out.String(), test.want) {
			t.Errorf("%v, no %q in:\n%s", err, test.want, out.String())
		}
	}
	row := outcome(2, 2).Rows[0]
	row.Invalid, row.Missing = map[string]int{"v": 3}, map[string]string{"v": "busy"}
	var out strings.Builder
	if err := Row(&out, row); err != nil || !strings.Contains(out.String(), "v: 3 samples did not count, and there is no other; the last one: busy\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// squeeze makes one blank of several, so that the test does not count columns.
func squeeze(text string) string {
	for strings.Contains(text, "  ") {
		text = strings.ReplaceAll(text, "  ", " ")
	}
	return text
}

func TestNumber(t *testing.T) {
	for want, v := range map[string]float64{"0": 0, "0.12": 0.123, "1.50": 1.5, "12.3": 12.34, "1235": 1234.6, "0.00": 0.0001} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestFileKeepsEverything(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.json")
	machine, o := ThisMachine(), outcome(2, 1)
	settings := &Settings{Quick: true, Repetitions: 3, LoadMax: -1, Pinned: true, Congestion: "cubic", Variants: []string{"name=a"}}
	if err := Write(name, File{Machine: machine, Settings: settings, Outcome: o}); err != nil {
		t.Fatal(err)
	}
	f, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Outcome, o) || f.Machine != machine || !reflect.DeepEqual(f.Settings, settings) {
		t.Errorf("%+v became %+v", o, f.Outcome)
	}
}

func TestBadFilesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{":                           "unexpected end of JSON",
		"{}":                          "has format 0",
		`{"format":9,"outcome":{}}`:   "has format 9",
		`{"format":1}`:                "has no outcome",
		`{"format":1,"outcome":"no"}`: "cannot unmarshal",
	} {
		name := filepath.Join(t.TempDir(), "bad.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "--json has written") {
			t.Errorf("%s: error %v, want %q, the file and a remedy", text, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestCharts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "charts")
	if err := Charts(dir, outcome(2, 1)); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 { // the second metric has no values
		t.Fatalf("%v, %v", files, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "memory-row-m.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "memory row: m", "MB/s", "v  x2.00", ">base<", "</svg>"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in the chart", want)
		}
	}
}

func TestChartsNeedAPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Charts(file, outcome(1, 1)); err == nil {
		t.Error("no error")
	}
}

func TestThisMachine(t *testing.T) {
	m := ThisMachine()
	if m.Go == "" || m.GOMAXPROCS < 1 || m.Date.IsZero() || m.Kernel == "" || m.CPU == "" || !strings.Contains(m.String(), m.Go) {
		t.Errorf("%+v", m)
	}
}
