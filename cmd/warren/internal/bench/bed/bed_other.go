//go:build !linux || android

package bed

import (
	"context"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// TUN fails here: the error is errors.ErrUnsupported.
func TUN(context.Context, Options) (series.Plan, error) {
	return series.Plan{}, namespace.Possible()
}

// Peers fails here: the error is errors.ErrUnsupported.
func Peers(context.Context, Options) (series.Plan, error) {
	return series.Plan{}, namespace.Possible()
}

// CheckPinned finds nothing here: TUN and Peers fail anyway.
func CheckPinned() error { return nil }
