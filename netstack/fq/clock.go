package fq

import "time"

// systemNow is the time of a Link without Config.Clock. This file is the only
// one of the package that reads the system's time.
func systemNow() time.Time { return time.Now() }
