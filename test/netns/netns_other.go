//go:build !linux

package netns

import "testing"

// Run skips the test: network namespaces exist on Linux only.
func Run(t *testing.T, _ func(t *testing.T)) {
	t.Helper()
	t.Skip("needs a network namespace, which only Linux has")
}

// Inside reports whether this process is the child of a Run; there is none.
func Inside() bool { return false }
