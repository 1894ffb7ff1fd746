//go:build !unix

package task

import "time"

// processTime is not known here, so results carry no processor time.
func processTime() time.Duration { return 0 }
