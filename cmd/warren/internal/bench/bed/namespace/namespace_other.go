//go:build !linux || android

package namespace

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Possible reports, as an error, that this system has no network namespaces.
func Possible() error {
	return fmt.Errorf("network namespaces: %w on this system: they need Linux", errors.ErrUnsupported)
}

// Inside reports whether this process was started by Enter: never here.
func Inside() bool { return false }

// Enter fails as Possible does.
func Enter(context.Context, []string, io.Writer, io.Writer) (code int, err error) {
	return 0, Possible()
}
