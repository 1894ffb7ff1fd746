package test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/test/netns"
	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/test/wait"
)

var (
	vectorsFile = flag.String("vectors", "test/testdata/gen_tcp-vectors.json", "the file of scenarios that TestVectors runs, absolute or relative to the module's root")
	vectorsArm  = flag.String("arm", "", "the arm that TestVectors runs on: netstack, sim, tun or kernel; empty is all of them")
	vectorsJSON = flag.String("json", "", "a file, absolute or relative to the module's root, that gets one line per scenario of TestVectors")
)

// scenariosPerProcessor bounds how many scenarios run at the same time. They
// mostly wait, so there can be more of them than processors.
const scenariosPerProcessor = 5

// TestVectors runs every scenario of the file on every arm, each as a subtest
// of its arm: go test ./test -run TestVectors/netstack/recv-exact. The arms of
// real time mostly wait, so they run side by side.
func TestVectors(t *testing.T) {
	verdictsFile := verdictsFile(t)
	file, err := vectors.Load(fromRoot(*vectorsFile))
	if err != nil {
		t.Fatal(err)
	}
	before := resourcesInUse()
	t.Cleanup(func() { // after all arms
		if !wait.True(func() bool { return !resourcesInUse().exceed(before) }) {
			t.Errorf("left behind: %v, before %v\n%s", resourcesInUse(), before, goroutines())
		}
	})
	for _, arm := range chosenArms(t) {
		t.Run(arm.Name(), func(t *testing.T) {
			if _, virtual := arm.Arm.(simArm); !virtual {
				t.Parallel()
			}
			arm.in(t, func(t *testing.T) { runVectors(t, file, arm, verdictsFile) })
		})
	}
}

// verdictsFile is the path that -json gives. The go command has a flag of
// that name and takes it for its own, so that "go test ./test -json FILE"
// arrives here as an argument that is no flag, perhaps with our flags behind
// it; after -args the flag itself arrives.
func verdictsFile(t *testing.T) string {
	v := flag.Lookup("test.v")
	if *vectorsJSON == "" && v != nil && v.Value.String() == "test2json" && flag.NArg() > 0 {
		if err := flag.Set("json", flag.Arg(0)); err != nil {
			t.Fatal(err)
		}
		if err := flag.CommandLine.Parse(flag.Args()[1:]); err != nil {
			t.Fatal(err)
		}
	}
	if *vectorsJSON == "" {
		return ""
	}
	path := fromRoot(*vectorsJSON)
	if !netns.Inside() { // there, the process outside has begun the file
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatalf("-json: %v", err)
		}
	}
	return path
}

// fromRoot is path as seen from this package's directory, in which its tests
// run.
func fromRoot(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join("..", path)
}

// chosenArms are the arms that -arm names.
func chosenArms(t *testing.T) []testArm {
	all := arms()
	if *vectorsArm == "" {
		return all
	}
	var names []string
	for _, arm := range all {
		if arm.Name() == *vectorsArm {
			return []testArm{arm}
		}
		names = append(names, arm.Name())
	}
	t.Fatalf("-arm %s: this system has the arms %s", *vectorsArm, strings.Join(names, ", "))
	return nil
}

// runVectors runs the scenarios that -run selects, several at once: a subtest
// starts its scenario before it asks to be parallel, and waits for it after.
func runVectors(t *testing.T, file *vectors.File, arm testArm, verdictsFile string) {
	verdicts := make([]vectors.Verdict, len(file.Scenarios))
	t.Cleanup(func() { // after all scenarios
		if err := appendVerdicts(verdictsFile, verdicts); err != nil {
			t.Errorf("-json: %v", err)
		}
	})
	slots := make(chan struct{}, scenariosPerProcessor*runtime.GOMAXPROCS(0))
	for i, s := range file.Scenarios {
		t.Run(s.ID, func(t *testing.T) {
			if _, virtual := arm.Arm.(simArm); virtual {
				t.Parallel()
				verdicts[i] = runInVirtualTime(t, s)
				return
			}
			if s.Environment.EphemeralPorts != nil {
				t.Parallel()
				arm.exact(t, func(t *testing.T) {
					verdicts[i] = vectors.Run(arm, s, vectors.Deviations)
					report(t, verdicts[i])
				})
				return
			}
			done := make(chan vectors.Verdict, 1)
			go func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				done <- vectors.Run(arm, s, vectors.Deviations)
			}()
			t.Parallel()
			verdicts[i] = <-done
			report(t, verdicts[i])
		})
	}
}

func report(t *testing.T, v vectors.Verdict) {
	switch v.Status {
	case vectors.Failed:
		t.Error(v)
	case vectors.Skipped:
		t.Skip(v.Reason)
	case vectors.Deviates:
		t.Log("deviates as listed: ", v.Reason)
	}
}

// appendVerdicts appends one line of JSON per scenario that was run.
func appendVerdicts(path string, verdicts []vectors.Verdict) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	e := json.NewEncoder(f)
	e.SetEscapeHTML(false)
	for _, v := range verdicts {
		if v.ID == "" {
			continue // not selected by -run
		}
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return f.Close()
}

// resources counts what a closed world must have given back.
type resources struct{ goroutines, descriptors int }

func resourcesInUse() resources {
	r := resources{goroutines: runtime.NumGoroutine()}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		r.descriptors = len(entries)
	}
	return r
}

func (r resources) exceed(before resources) bool {
	return r.goroutines > before.goroutines || r.descriptors > before.descriptors
}

func (r resources) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors", r.goroutines, r.descriptors)
}

func goroutines() string {
	var b strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1) // a strings.Builder takes everything
	return b.String()
}
