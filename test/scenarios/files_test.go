package scenarios

import (
	"testing"

	"github.com/seed-731cb71d/warren/sim/scenario"
	"github.com/seed-731cb71d/warren/test/golden"
)

// TestFiles runs the scenarios in their written form.
func TestFiles(t *testing.T) {
	scenario.RunTest(t, "testdata", *golden.Update)
}
