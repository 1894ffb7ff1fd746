//go:build !linux

package series

import "errors"

// readTimes is not possible here: no portable interface tells what other
// programs use.
func readTimes() (cpuTimes, error) { return cpuTimes{}, errors.ErrUnsupported }
