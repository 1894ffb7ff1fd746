package scenario

import (
	"flag"
	"testing"
)

// update rewrites the expectations of the scenarios in testdata.
var update = flag.Bool("update", false, "rewrite the expected files under testdata instead of comparing")

func TestScenarios(t *testing.T) { RunTest(t, "testdata", *update) }
