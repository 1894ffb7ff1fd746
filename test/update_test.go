package test

import "flag"

// update makes tests that compare with a file under testdata rewrite it.
var update = flag.Bool("update", false, "rewrite the expected files under testdata instead of comparing")
