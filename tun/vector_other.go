//go:build !linux

package tun

import (
	"errors"
	"time"
)

// vectors is for Linux alone: elsewhere a device moves one packet per call.
type vectors struct{}

func (*vectors) enable() error                            { return errors.ErrUnsupported }
func (*vectors) read([]byte, [][]byte, bool) (int, error) { return 0, errors.ErrUnsupported }
func (*vectors) write([]byte, [][]byte) error             { return errors.ErrUnsupported }
func (*vectors) readMany([][]byte, []int) (int, error)    { return 0, errors.ErrUnsupported }
func (*vectors) setPoll(time.Duration)                    {}
func (*vectors) end()                                     {}
