package test

import "flag"

// long asks for what takes minutes: full matrices, stalls, soaks.
var long = flag.Bool("long", false, "run the tests that take minutes, at full size")
