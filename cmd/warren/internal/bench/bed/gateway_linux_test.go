//go:build !android

package bed

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// testHost makes a namespace for the test, or skips it.
func testHost(t *testing.T, name string) *namespace.Namespace {
	t.Helper()
	n, err := newHost(name)
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs root: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func TestGatewaysStart(t *testing.T) {
	for _, g := range gateways() {
		t.Run(g.name, func(t *testing.T) {
			outer, sandbox := testHost(t, "outer"), testHost(t, "sandbox")
			if err := makeOuter(outer); err != nil {
				t.Fatal(err)
			}
			p, err := g.start(t.Context(), outer, sandbox)
			if absent := (*series.Unavailable)(nil); errors.As(err, &absent) {
				t.Skipf("needs the program: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			p.stop()
		})
	}
}
