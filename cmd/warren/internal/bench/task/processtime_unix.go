//go:build unix

package task

import (
	"syscall"
	"time"
)

// processTime is the processor time of this process, in user and system mode.
func processTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
