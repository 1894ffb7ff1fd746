package sim

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// failAt ends the test because of err, and says where in the program the call
// was made that has failed: package testing would name this package.
func failAt(t *testing.T, err error) {
	t.Helper()
	place := callerPlace()
	if place == "" {
		t.Fatal(err)
	}
	fmt.Fprintf(t.Output(), "%s: %v\n", place, err)
	t.FailNow()
}

// callerPlace is the file and line outside of this package from which it was
// called, or which has panicked through it; "" where there is none.
func callerPlace() string {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	for {
		f, more := frames.Next()
		if isProgram(f.Function, f.File) {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}

// isProgram reports whether a function is the program's, or of a test of this
// package.
func isProgram(function, file string) bool {
	for _, own := range []string{"github.com/seed-731cb71d/warren/sim.", "runtime.", "testing.", "testing/synctest.", "internal/synctest."} {
		if strings.HasPrefix(function, own) {
			return strings.HasSuffix(file, "_test.go")
		}
	}
	return file != ""
}
