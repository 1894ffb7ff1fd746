//go:build !linux && !darwin

package tun

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// FromFD answers errors.ErrUnsupported on this system.
func FromFD(fd, mtu int) (*Device, error) {
	return nil, fmt.Errorf("tun: adopting descriptor %d on %s: %w; it is possible on Linux, Android, macOS and iOS",
		fd, runtime.GOOS, errors.ErrUnsupported)
}

// FromFile answers errors.ErrUnsupported on this system.
func FromFile(f *os.File, mtu int) (*Device, error) {
	if f == nil {
		return nil, errNoFile
	}
	return nil, fmt.Errorf("tun: adopting %s on %s: %w; it is possible on Linux, Android, macOS and iOS",
		f.Name(), runtime.GOOS, errors.ErrUnsupported)
}
