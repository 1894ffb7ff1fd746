package sim

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"
)

// TestOptionsFromEnvironment reads the variable.
func TestOptionsFromEnvironment(t *testing.T) {
	for text, want := range map[string]options{
		"":                       {runs: 1},
		" \t ":                   {runs: 1},
		"seed=7 check runs=3":    {runs: 3, seed: 7, seedSet: true, check: true},
		"seed=0x10, check=false": {runs: 1, seed: 16, seedSet: true},
		"shrink":                 {runs: 1, shrink: shrinkHere},
		"shrink=1":               {runs: 1, shrink: shrinkHere},
		"shrink=false":           {runs: 1},
		"shrink=a.scenario":      {runs: 1, shrink: "a.scenario"},
		`pcap="a b.pcapng" html=out/ faults=/x/y=z`: {runs: 1, pcap: "a b.pcapng", html: "out/", faults: "/x/y=z"},
	} {
		got, err := parseOptions(text, nil)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

// TestOptionsRefuseNonsense wants key, value and remedy in every complaint.
func TestOptionsRefuseNonsense(t *testing.T) {
	for text, want := range map[string]string{
		"seed=x":             `WARREN_SIM: seed is "x": give a whole number from 1 to 18446744073709551615`,
		"seed=0":             `WARREN_SIM: seed is "0": give a whole number from 1`,
		"seed=":              `WARREN_SIM: seed is "": give a whole number`,
		"seed":               `WARREN_SIM: seed has no value: write seed=VALUE`,
		"runs=0":             `WARREN_SIM: runs is "0": give a whole number from 1 to 1000000`,
		"runs=2000000":       `WARREN_SIM: runs is "2000000": give`,
		"check=yes":          `WARREN_SIM: check is "yes": write it alone to switch it on, or give true or false`,
		"shrink=":            `WARREN_SIM: shrink is "": write it alone, or give the file to write`,
		"pcap":               `WARREN_SIM: pcap has no value`,
		"html=":              `WARREN_SIM: html is "": give the name of a file`,
		"sed=7":              `WARREN_SIM: there is no key "sed": the keys are seed check runs shrink pcap html faults`,
		"-sim.seed=7":        `WARREN_SIM: there is no key "-sim.seed": write seed, without the -sim. of the flag`,
		"=7":                 `WARREN_SIM: there is no key ""`,
		"seed=7 seed=8":      `WARREN_SIM: seed is given twice: give it once`,
		`pcap="a`:            `WARREN_SIM: pcap is "a: close the quotes`,
		`pcap="a"b`:          `WARREN_SIM: there is no key "b"`,
		"check runs=-1":      `WARREN_SIM: runs is "-1": give`,
		"seed=1 check=maybe": `WARREN_SIM: check is "maybe"`,
	} {
		_, err := parseOptions(text, nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v; want %s...", text, err, want)
		}
	}
}

// TestFlagsOverrideEnvironment sets some by both.
func TestFlagsOverrideEnvironment(t *testing.T) {
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	flags := register(set)
	if err := set.Parse([]string{"-sim.seed=9", "-sim.check", "-sim.shrink=false", "-sim.pcap", "x.pcapng"}); err != nil {
		t.Fatal(err)
	}
	got, err := parseOptions("seed=7 runs=3 shrink pcap=y.pcapng html=z.html", flags)
	want := options{seed: 9, seedSet: true, check: true, runs: 3, pcap: "x.pcapng", html: "z.html"}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if _, err := parseOptions("runs=x", flags); err == nil {
		t.Error("a bad variable passed since there were flags")
	}
}

// TestFlagsRefuseNonsense lets package flag complain with our remedy.
func TestFlagsRefuseNonsense(t *testing.T) {
	for arg, want := range map[string]string{
		"-sim.seed=x":   `invalid value "x" for flag -sim.seed: give a whole number from 1 to 18446744073709551615`,
		"-sim.runs=0":   `invalid value "0" for flag -sim.runs: give a whole number from 1 to 1000000`,
		"-sim.check=si": `invalid boolean value "si" for -sim.check: write it alone to switch it on, or give true or false`,
		"-sim.html=":    `invalid value "" for flag -sim.html: give the name of a file`,
	} {
		set := flag.NewFlagSet("test", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		register(set)
		err := set.Parse([]string{arg})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", arg, err, want)
		}
	}
}

// TestFlagsAreRegistered looks for them in this test binary, each with the
// name of its twin.
func TestFlagsAreRegistered(t *testing.T) {
	for _, s := range settings {
		f := flag.Lookup("sim." + s.key)
		if f == nil {
			t.Errorf("-sim.%s is missing", s.key)
		} else if !strings.HasSuffix(f.Usage, "(WARREN_SIM: "+s.key+")") {
			t.Errorf("-sim.%s is explained by %q, without its twin", s.key, f.Usage)
		}
	}
}

// TestFlagsAreInThePackageComment looks for each.
func TestFlagsAreInThePackageComment(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		if !strings.Contains(string(doc), "\n//	-sim."+s.key) {
			t.Errorf("doc.go says nothing of -sim.%s", s.key)
		}
	}
}

// TestReplayCommand quotes what a shell would take apart.
func TestReplayCommand(t *testing.T) {
	o := options{runs: 3, check: true}
	got := o.replay("TestX/a_b's(1)", "./sim/x", 7, "-count=1")
	if want := `./sim/x -run '^TestX$/^a_b'\''s\(1\)$' -sim.seed=7`; !strings.Contains(got, want) || !strings.HasSuffix(got, " -count=1") {
		t.Errorf("%s; want %s in it, and -count=1 at the end", got, want)
	}
	if !strings.HasPrefix(got, "go test ") {
		t.Errorf("%s is no go test command", got)
	}
	o.faults = "/a b/c.scenario"
	if got, want := o.replay("TestX", ".", 1), `'-sim.faults=/a b/c.scenario'`; !strings.Contains(got, want) {
		t.Errorf("%s; want %s in it", got, want)
	}
}

// TestReplayNamesThisPackage asks the binary what it is.
func TestReplayNamesThisPackage(t *testing.T) {
	if got := testPackage(); got != "./sim" {
		t.Errorf("this package is %q, want ./sim", got)
	}
}

// TestShellQuote is about words that need quotes and words that do not.
func TestShellQuote(t *testing.T) {
	for word, want := range map[string]string{
		"":           "''",
		"-run":       "-run",
		"^TestX$":    "'^TestX$'",
		"a b":        "'a b'",
		"it's":       `'it'\''s'`,
		"./a/b.go":   "./a/b.go",
		"-sim.x=1,2": "-sim.x=1,2",
		"ä":          "'ä'",
		"$(rm)":      "'$(rm)'",
	} {
		if got := shellQuote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
