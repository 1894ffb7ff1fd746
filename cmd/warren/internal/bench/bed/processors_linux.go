//go:build !android

package bed

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// processors are those that the calling thread may run on, in order: fewer than
// the machine's in a cgroup or under taskset(1).
func processors() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("reading the processors of a thread: %w", err)
	}
	all := make([]int, 0, set.Count())
	for i := 0; len(all) < set.Count(); i++ {
		if set.IsSet(i) {
			all = append(all, i)
		}
	}
	return all, nil
}

// CheckPinned finds out whether the calling thread has a processor for each side
// of a pair.
func CheckPinned() error {
	_, _, err := ownProcessors()
	return err
}

// ownProcessors are the processors of the two sides.
func ownProcessors() (driving, serving int, err error) {
	all, err := processors()
	if err != nil {
		return 0, 0, err
	}
	if len(all) < 2 {
		return 0, 0, fmt.Errorf("there is one processor here, number %d, and each side needs one of its own: "+
			"measure where there are two, by the cgroup (cpuset.cpus) and the affinity mask (taskset) as well, or do not pin", all[0])
	}
	return all[len(all)-1], all[0], nil
}
