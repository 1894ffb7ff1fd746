//go:build (!linux && !darwin && !windows) || android || ios

package tun

import (
	"errors"
	"fmt"
	"runtime"
)

// Open answers errors.ErrUnsupported on this system. Android and iOS give an
// application its device as a descriptor: see FromFD.
func Open(c Config) (*Device, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("tun: opening device %q on %s: %w; it is possible on Linux, macOS and Windows, "+
		"and on Android and iOS with the descriptor that the system gives (FromFD)",
		c.Name, runtime.GOOS, errors.ErrUnsupported)
}
