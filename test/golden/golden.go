// Package golden holds what tests have seen before: hashes of traces, by name,
// in a file that -update rewrites.
//
//	var hashes = golden.Open("testdata/golden/worlds.txt")
//
//	func TestWorld(t *testing.T) {
//		...
//		hashes.Check(t, "ten clients", w.Hash())
//	}
//
// A trace is promised for equal versions and architecture, so the file says
// for which it was written. Where others run, Check compares nothing and says
// so.
//
// # Goroutines and locks
//
// A File may be used by several tests at once; its lock is held while the file
// is written.
//
// # Not supported
//
// Several processes that update one file at the same time.
package golden

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
)

// Update is the flag -update of test binaries: expected files are rewritten
// instead of compared with.
var Update = flag.Bool("update", false, "rewrite the expected files under testdata instead of comparing")

// File is a list of named hashes.
type File struct {
	path string

	mu     sync.Mutex
	read   bool
	broken error  // why it cannot be read
	made   string // what the hashes were made with
	hashes map[string]string
}

// Open returns the file at path, relative to the test's directory. It is read
// by the first Check; a file that is not there is empty.
func Open(path string) *File { return &File{path: path, hashes: map[string]string{}} }

// platform is what a hash is promised for.
func platform() string {
	release := strings.SplitN(runtime.Version(), ".", 3)
	return strings.Join(release[:min(2, len(release))], ".") + " " + runtime.GOARCH + " gvisor " + sim.Versions().GVisor
}

// Check compares hash with the one that is written down under name. A name is
// one or more words of which none begins with #.
func (f *File) Check(tb testing.TB, name, hash string) {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.loadLocked(); err != nil {
		tb.Fatal(err)
	}
	if *Update {
		f.made, f.hashes[name] = platform(), hash
		if err := f.writeLocked(); err != nil {
			tb.Fatal(err)
		}
		return
	}
	want, ok := f.hashes[name]
	switch {
	case !ok:
		tb.Errorf("%s has no hash for %q: run go test with -run %s -update", f.path, name, tb.Name())
	case f.made != platform():
		tb.Logf("the hash of %q is not compared: %s was made with %s, this is %s", name, f.path, f.made, platform())
	case want != hash:
		tb.Errorf("the trace of %q has the hash\n%s, and had\n%s when %s was written: find the first packet that differs, and if the change is meant, run go test with -run %s -update", name, hash, want, f.path, tb.Name())
	}
}

// Names lists the names in the file, sorted.
func (f *File) Names() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.loadLocked(); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(f.hashes)), nil
}

const madeWith = "# made with "

func (f *File) loadLocked() error {
	if !f.read {
		f.read = true
		f.broken = f.parseLocked()
	}
	return f.broken
}

func (f *File) parseLocked() error {
	text, err := os.ReadFile(f.path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if made, ok := strings.CutPrefix(line, madeWith); ok {
			f.made = made
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		hash, name, ok := strings.Cut(line, " ")
		if !ok {
			return fmt.Errorf("%s:%d: %q is not a hash and a name: write the file with -update", f.path, n, line)
		}
		f.hashes[name] = hash
	}
	return lines.Err()
}

// writeLocked writes the file by way of a second one.
func (f *File) writeLocked() error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s\n", madeWith, f.made)
	for _, name := range slices.Sorted(maps.Keys(f.hashes)) {
		fmt.Fprintf(&b, "%s %s\n", f.hashes[name], name)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(f.path+".new", b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.path+".new", f.path)
}
