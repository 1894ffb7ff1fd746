package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
)

// parse reads a scenario that has no mistakes.
func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("x.scenario", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestScenariosAreRepeatable runs each file several times at once: every run
// observes the same and has the same hash.
func TestScenariosAreRepeatable(t *testing.T) {
	paths, err := filepath.Glob("testdata/*" + extension)
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		f, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		var results [3]*Result
		var errs [3]error
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i], errs[i] = f.Run(Options{}) })
		}
		wg.Wait()
		for i, r := range results {
			if errs[i] != nil || r.Hash != results[0].Hash || string(r.Updated) != string(results[0].Updated) {
				t.Errorf("%s: run %d has hash %s, run 0 %s (%v)", path, i, r.Hash, results[0].Hash, errs[i])
			}
		}
	}
}

const lossy = `seed 4
host a
host b
link a b delay=10ms
fault loss chance=20%
echo b :7
c = dial a b:7
write c 100k
readfull c 100k
`

func TestSeeds(t *testing.T) {
	f := parse(t, lossy)
	var hashes []string
	for _, seed := range []uint64{0, 4, 5} {
		var seen uint64
		r, err := f.Run(Options{Seed: seed, Done: func(w *sim.World, _ *Result, _ error) { seen = w.Seed() }})
		if err != nil || r.Seed != seen || r.Packets < 100 || r.Elapsed == 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		hashes = append(hashes, r.Hash)
	}
	if hashes[0] != hashes[1] || hashes[1] == hashes[2] {
		t.Errorf("the file's seed has the hash %s, 4 has %s, 5 has %s", hashes[0], hashes[1], hashes[2])
	}
}

// TestUpdate lets what was observed be written where it belongs and nowhere else.
func TestUpdate(t *testing.T) {
	const text = `# A comment.
note "first" # and another
# a third
----
what was expected
and more


note "second"
mark1 = mark

elapsed
----
elapsed 0s
`
	const want = `# A comment.
note "first" # and another
# a third
----
0s        first


note "second"
mark1 = mark
----
0s        second

elapsed
----
elapsed 0s
`
	f := parse(t, text)
	r, err := f.Run(Options{})
	if err != nil || string(r.Updated) != want {
		t.Fatalf("%v\n%s", err, r.Updated)
	}
	if len(r.Differences) != 2 || r.Differences[0].Line != 4 || r.Differences[1].Line != 10 {
		t.Errorf("%v", r.Differences)
	}
	r, err = parse(t, want).Run(Options{})
	if err != nil || !r.Passed() || string(r.Updated) != want {
		t.Errorf("%v %v\n%s", err, r.Differences, r.Updated)
	}
}

func TestDifferencesAreShownLineByLine(t *testing.T) {
	d := Difference{File: "x.scenario", Line: 7, Want: []string{"a", "b", "c", "e"}, Got: []string{"a", "c", "d", "e"}}
	const want = "x.scenario:7: something else was observed than expected (- expected, + observed)\n  a\n- b\n  c\n+ d\n  e\n"
	if got := d.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	long := make([]string, 3000)
	for i := range long {
		long[i] = string(rune('a'+i%26)) + "x"
	}
	if lines := diffLines(long, append([]string{"new"}, long[1:]...)); lines[1] != "+ new" && lines[0] != "+ new" {
		t.Errorf("%q", lines[:3])
	}
	if lines := diffLines(append([]string{"1"}, append(long, "2")...), append([]string{"3"}, append(long[1:], "4")...)); len(lines) < 3000 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestHashesOfOtherArchitecturesAreNotCompared(t *testing.T) {
	other := "hash s390x: 123"
	if runtime.GOARCH == "s390x" {
		other = "hash amd64: 123"
	}
	r, err := parse(t, "hash\n----\n"+other+"\n").Run(Options{})
	if err != nil || !r.Passed() || !strings.Contains(string(r.Updated), other) {
		t.Errorf("%v %v\n%s", err, r.Differences, r.Updated)
	}
	r, err = parse(t, "hash\n----\n"+hashPrefix(runtime.GOARCH)+"123\n").Run(Options{})
	if err != nil || r.Passed() {
		t.Errorf("a wrong hash passes: %v", err)
	}
}

// endings are scenarios that end before their time, with what the error says.
var endings = []struct{ text, want string }{
	{"host a\nl = listen a :80\ns = accept l\nnote \"late\"\n", "x.scenario:3:1: nothing will ever happen any more"},
	{"host a\nl = listen a :80\ns = accept l &\nawait s\n", "x.scenario:4:1: nothing will ever happen"},
	{"limits events=100\nhost a\nhost b\nlink a b delay=1ms\necho b :7\nc = dial a b:7\nwrite c 1M\nreadfull c 1M\n", "x.scenario:8:1: limit Events of 100"},
	{"limits time=1s\nrun 2s\n", "x.scenario:2:1: limit Time of 1s"},
	{"host a addr=10.1.0.1/24\nhost b addr=10.1.0.1/24\n", "x.scenario:2:1: "},
	{"host a addr=10.1.0.1/24\nhost b addr=10.1.0.2/16\n", "x.scenario:2:1: "},
	{"host a addr=10.1.0.1/24\nhost b addr=10.2.0.2/24\nlink a b delay=1ms\n", "x.scenario:3:1: no path from a to b"},
	{"host a rto-min=10s rto-max=1s\n", "x.scenario:1:1: "},
}

func TestRunsThatEndBeforeTheirTime(t *testing.T) {
	for _, e := range endings {
		r, err := parse(t, e.text).Run(Options{})
		var at *Error
		if !errors.As(err, &at) || !strings.HasPrefix(err.Error(), e.want) {
			t.Errorf("%q ends with %v, want %s", e.text, err, e.want)
		}
		if r == nil || r.Updated != nil {
			t.Errorf("%q has the result %+v", e.text, r)
		}
	}
}

// TestCallsAtTheEnd leaves background calls open: the run ends in order.
func TestCallsAtTheEnd(t *testing.T) {
	r, err := parse(t, "host a\nl = listen a :80\ns = accept l &\nc = dial a 10.0.0.99:80 &\nrun 1s\n").Run(Options{})
	if err != nil || !r.Passed() {
		t.Errorf("%v %v", r.Differences, err)
	}
}

func TestLoad(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	big := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(big, make([]byte, fileBytesMax+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(big); !errors.As(err, new(Errors)) {
		t.Error(err)
	}
}
