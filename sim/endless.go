package sim

import (
	"fmt"
	"time"
)

// wakesMost is how often programs may go on at one instant. What a host says
// to itself takes no time, and neither does a path without a delay, so a
// conversation there that only a timer is to end would never end.
const wakesMost = 5_000_000

// instant counts what programs do while time stands. It belongs to the
// driver.
type instant struct {
	at    time.Duration
	wakes int
	most  int // 0: wakesMost
}

// another counts a wake-up at that time and reports whether it was one too
// many.
func (i *instant) another(now time.Duration) bool {
	if i.at != now {
		i.at, i.wakes = now, 0
	}
	i.wakes++
	most := i.most
	if most == 0 {
		most = wakesMost
	}
	return i.wakes == most
}

// endlessError says that programs go on and on and no time passes.
type endlessError struct {
	at    time.Duration
	wakes int
}

func (e *endlessError) Error() string {
	return fmt.Sprintf("sim: programs have gone on %d times at %v and no time passes: what a host says to itself takes none, and neither does a path without Delay; let the programs sleep, or talk to another host over a path that takes time",
		e.wakes, e.at)
}
