//go:build !android

package bed

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

func TestGatewaysMoveBytes(t *testing.T) {
	testPlan(t, Peers, Options{})
	for _, g := range gateways() {
		t.Run(g.name, func(t *testing.T) {
			bed := open(t, variant{g.name, g.open})
			for _, one := range tiny {
				if r := movesSomething(t, bed, one); r.CPUSeconds <= 0 {
					t.Errorf("%s: %+v", one.Kind, r)
				}
			}
		})
	}
}

// A program that is not installed makes its variant unavailable, with the
// package's name.
func TestAbsentProgramIsSkipped(t *testing.T) {
	_, err := variant{"absent", gateway{program: "no-such-program", debianPackage: "its-package"}.open}.Open(t.Context())
	absent := (*series.Unavailable)(nil)
	if !errors.As(err, &absent) || !strings.Contains(absent.Reason, "its-package") {
		t.Errorf("%v, want what to install", err)
	}
}

// A gateway that ends at once says why.
func TestGatewayThatFailsIsExplained(t *testing.T) {
	path, err := exec.LookPath("ls")
	if err != nil {
		t.Skipf("needs the program: %v", err)
	}
	host := testHost(t)
	g := gateway{program: path, arguments: []string{"/no/such/file"}}
	if _, err := g.start(t.Context(), host, host); err == nil || !strings.Contains(err.Error(), "No such file") {
		t.Errorf("%v, want the program's last words", err)
	}
}

// A gateway that never gets ready is ended when the measurement is.
func TestGatewayIsInterrupted(t *testing.T) {
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Skipf("needs the program: %v", err)
	}
	host := testHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (gateway{program: path, arguments: []string{"1000"}}).start(ctx, host, host); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestGatewaysHaveTheirNames(t *testing.T) {
	var names []string
	for _, g := range gateways() {
		names = append(names, g.name)
	}
	if !slices.Equal(names, gatewayNames) {
		t.Errorf("gateways are called %v, taken are %v", names, gatewayNames)
	}
}
