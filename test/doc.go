// Package test holds what needs two rooms or the whole house: conformance
// and scenario suites, regressions, benchmarks, and the house rules (files
// named house_*_test.go), whose failure messages give each rule's reason.
package test
