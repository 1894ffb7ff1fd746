//go:build !linux

package task

import "errors"

func setCongestion(uintptr, string) error { return errors.ErrUnsupported }
