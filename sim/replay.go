package sim

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/seed-731cb71d/warren/sim/internal/gotest"
)

// replay is the one command that runs a test with a seed again, to be pasted
// into a shell in the module that the test is in. more are further flags.
func (o *options) replay(test, pkg string, seed uint64, more ...string) string {
	words := append([]string{"go", "test"}, buildFlags()...)
	words = append(words, pkg, "-run", gotest.Pattern(test), fmt.Sprintf("-sim.seed=%d", seed))
	if o.faults != "" {
		words = append(words, "-sim.faults="+absolute(o.faults))
	}
	words = append(append(words, testFlags()...), more...)
	for i, w := range words {
		words[i] = shellQuote(w)
	}
	return strings.Join(words, " ")
}

// testPackage is how go test names the package of this test binary: a path
// relative to its module's root, or the import path where the module is not
// known.
func testPackage() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "."
	}
	pkg := strings.TrimSuffix(info.Path, ".test")
	if rest, ok := strings.CutPrefix(pkg, info.Main.Path+"/"); ok && info.Main.Path != "" {
		return "./" + rest
	}
	switch pkg {
	case "":
		return "."
	case info.Main.Path:
		return "."
	}
	return pkg
}

// buildFlags are the flags of go test without which the same source makes
// another program.
func buildFlags() []string {
	var words []string
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "-race" && s.Value == "true":
			words = append(words, "-race")
		case s.Key == "-tags" && s.Value != "":
			words = append(words, "-tags="+s.Value)
		}
	}
	return words
}

// testFlags are the flags that the test's own package defines and that were
// given: they may change what the test does.
func testFlags() []string {
	var words []string
	flag.Visit(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "test.") || strings.HasPrefix(f.Name, "sim.") || f.Name == "update" {
			return
		}
		b, ok := f.Value.(interface{ IsBoolFlag() bool })
		if ok && b.IsBoolFlag() && f.Value.String() == "true" {
			words = append(words, "-"+f.Name)
		} else {
			words = append(words, "-"+f.Name+"="+f.Value.String())
		}
	})
	return words
}

// absolute is the file's full name, since go test runs each package's tests
// in its own directory. Without a working directory the name stays.
func absolute(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	dir, err := os.Getwd()
	if err != nil {
		return file
	}
	return filepath.Join(dir, file)
}

// shellQuote is a word as a POSIX shell takes it.
func shellQuote(word string) string {
	plain := word != ""
	for _, r := range word {
		if !strings.ContainsRune("-_=./:,@%+", r) && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') {
			plain = false
		}
	}
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
