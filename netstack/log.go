package netstack

import (
	"time"

	"gvisor.dev/gvisor/pkg/log"
)

// gVisor reports some of what happens to packets to a log of the process,
// which writes to the standard error. A library does not print, and what these
// lines say is in Stats, so the log is given a target that drops it. A program
// that uses gVisor itself and wants the log sets a target of its own later.
func init() { log.SetTarget(silence{}) }

// silence is a log.Emitter that emits nothing.
type silence struct{}

// Emit implements log.Emitter.
func (silence) Emit(int, log.Level, time.Time, string, ...any) {}
