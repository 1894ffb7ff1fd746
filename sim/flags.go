package sim

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// environment is the variable that holds what the -sim.* flags hold, for
// go test ./... across packages that do not import sim and refuse its flags:
//
//	WARREN_SIM='seed=7 check runs=3' go test ./...
//
// A flag wins over the same key in the variable.
const environment = "WARREN_SIM"

// options are what the person at the command line asks of every sim.Test.
type options struct {
	seed    uint64 // of the first world; it holds if seedSet
	seedSet bool   // otherwise the test's own seed holds
	check   bool   // run each seed twice and compare
	runs    int    // how many seeds, one after the other; at least 1
	shrink  string // where to write the reduced run of a failure; shrinkHere, or "" not to
	pcap    string // where to write the packets; "" nowhere
	html    string // where to write the report; "" nowhere
	faults  string // a file whose fault lines stand in for all faults of the test; "" none
}

// shrinkHere stands for a file in the working directory named by the test and
// the seed.
const shrinkHere = "true"

// runsMax bounds a slip of the finger: nobody waits for more.
const runsMax = 1_000_000

// setting is one option as it is written: -sim.KEY=VALUE, or KEY=VALUE in the
// variable.
type setting struct {
	key   string
	bare  bool // it may stand without a value, which then is "true"
	usage string
	set   func(o *options, text string) error
}

// settings lists all options.
var settings = []setting{
	{"seed", false, "the `seed` of the world, for all tests of the package", setSeed},
	{"check", true, "run each test twice and show where the runs differ", setBool(func(o *options) *bool { return &o.check })},
	{"runs", false, "how many seeds to try, `n` of them, beginning with the first", setRuns},
	{"shrink", true, "when a test fails, find the few fault events that matter and write them to a `file` (-sim.shrink alone: TEST-SEED.scenario)", setShrink},
	{"pcap", false, "write the packets to a pcapng `file`, or to one for each run in a directory", setFile(func(o *options) *string { return &o.pcap })},
	{"html", false, "write a report to an HTML `file`, or to one for each run in a directory", setFile(func(o *options) *string { return &o.html })},
	{"faults", false, "replace all faults by those in a `file`, as -sim.shrink writes it", setFile(func(o *options) *string { return &o.faults })},
}

func setSeed(o *options, text string) error {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil || n == 0 {
		return errors.New("give a whole number from 1 to 18446744073709551615")
	}
	o.seed, o.seedSet = n, true
	return nil
}

func setRuns(o *options, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > runsMax {
		return fmt.Errorf("give a whole number from 1 to %d", runsMax)
	}
	o.runs = n
	return nil
}

func setBool(field func(*options) *bool) func(*options, string) error {
	return func(o *options, text string) error {
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("write it alone to switch it on, or give true or false")
		}
		*field(o) = b
		return nil
	}
}

// setShrink takes what strconv.ParseBool takes for a switch and all else for
// a file.
func setShrink(o *options, text string) error {
	on, err := strconv.ParseBool(text)
	switch {
	case text == "":
		return errors.New("write it alone, or give the file to write")
	case err != nil:
		o.shrink = text
	case on:
		o.shrink = shrinkHere
	default:
		o.shrink = ""
	}
	return nil
}

func setFile(field func(*options) *string) func(*options, string) error {
	return func(o *options, text string) error {
		if text == "" || text == "true" {
			return errors.New("give the name of a file")
		}
		*field(o) = text
		return nil
	}
}

// flagged is one setting as a flag: a value that was checked when it was set,
// and is applied after the variable.
type flagged struct {
	setting
	text string
	set  bool
}

// String implements flag.Value. The zero value is asked, too.
func (f *flagged) String() string { return f.text }

// Set implements flag.Value.
func (f *flagged) Set(text string) error {
	if err := f.setting.set(&options{}, text); err != nil {
		return err
	}
	f.text, f.set = text, true
	return nil
}

// IsBoolFlag lets the flag stand without a value.
func (f *flagged) IsBoolFlag() bool { return f.bare }

// flags are the settings as the command line has them.
var flags []*flagged

// init registers the flags. Only test binaries have them: a program that
// imports sim keeps its command line and its environment to itself.
func init() {
	if testing.Testing() {
		flags = register(flag.CommandLine)
	}
}

// register adds a flag for each setting.
func register(set *flag.FlagSet) []*flagged {
	var all []*flagged
	for _, s := range settings {
		f := &flagged{setting: s}
		set.Var(f, "sim."+s.key, s.usage+" ("+environment+": "+s.key+")")
		all = append(all, f)
	}
	return all
}

// readOptions returns what variable and flags say, the same all the time.
// Outside of test binaries it is nothing.
var readOptions = sync.OnceValues(func() (options, error) {
	if !testing.Testing() {
		return options{runs: 1}, nil
	}
	return parseOptions(os.Getenv(environment), flags)
})

// parseOptions reads the text of the variable, and then the flags that were
// given.
func parseOptions(text string, flags []*flagged) (options, error) {
	o := options{runs: 1}
	if err := o.parse(text); err != nil {
		return options{}, err
	}
	for _, f := range flags {
		if !f.set {
			continue
		}
		if err := f.setting.set(&o, f.text); err != nil {
			return options{}, fmt.Errorf("-sim.%s is %q: %w", f.key, f.text, err)
		}
	}
	return o, nil
}

// parse reads KEY=VALUE and KEY, separated by spaces or commas. A value with
// one of these is quoted as in Go.
func (o *options) parse(text string) error {
	seen := map[string]bool{}
	for rest := strings.TrimLeft(text, " ,\t\n"); rest != ""; rest = strings.TrimLeft(rest, " ,\t\n") {
		end := strings.IndexAny(rest, " ,\t\n=")
		if end < 0 {
			end = len(rest)
		}
		key, value, bare := rest[:end], "true", true
		if rest = rest[end:]; strings.HasPrefix(rest, "=") {
			var err error
			if value, rest, err = cutValue(rest[1:]); err != nil {
				return fmt.Errorf("%s: %s is %s: %w", environment, key, rest, err)
			}
			bare = false
		}
		if seen[key] {
			return fmt.Errorf("%s: %s is given twice: give it once", environment, key)
		}
		seen[key] = true
		if err := o.setKey(key, value, bare); err != nil {
			return fmt.Errorf("%s: %w", environment, err)
		}
	}
	return nil
}

// cutValue takes a value off the text. After an error rest is what could not
// be read.
func cutValue(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, " ,\t\n")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	literal, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", text, errors.New("close the quotes, and escape as in a Go string")
	}
	value, err = strconv.Unquote(literal)
	return value, text[len(literal):], err
}

// setKey sets one option by its name.
func (o *options) setKey(key, value string, bare bool) error {
	var keys []string
	for _, s := range settings {
		keys = append(keys, s.key)
		if s.key != key {
			continue
		}
		if bare && !s.bare {
			return fmt.Errorf("%s has no value: write %s=VALUE", key, key)
		}
		if err := s.set(o, value); err != nil {
			return fmt.Errorf("%s is %q: %w", key, value, err)
		}
		return nil
	}
	if plain := strings.TrimPrefix(key, "-sim."); slices.Contains(keys, plain) {
		return fmt.Errorf("there is no key %q: write %s, without the -sim. of the flag", key, plain)
	}
	return fmt.Errorf("there is no key %q: the keys are %s", key, strings.Join(keys, " "))
}
