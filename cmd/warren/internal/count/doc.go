// Package count writes numbers of things for people: "1 sample", "2 samples".
//
//	fmt.Printf("%s did not count\n", count.Of(n, "sample"))
//
// # Goroutines and locks
//
// None.
//
// # Not supported
//
// Words whose plural takes more than an s.
package count
