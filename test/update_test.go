package test

import "github.com/seed-731cb71d/warren/test/golden"

// update makes tests that compare with a file under testdata rewrite it.
var update = golden.Update
