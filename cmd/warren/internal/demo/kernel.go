package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// kernelSockets watches for sockets of the operating system among the
// process's descriptors. Those that were there at the start, inherited, do
// not count.
type kernelSockets struct {
	before map[string]bool
	opened map[string]bool
	err    error // why nothing can be measured here
}

// watchKernelSockets starts watching.
func watchKernelSockets() *kernelSockets {
	k := &kernelSockets{opened: map[string]bool{}}
	k.before, k.err = socketLinks()
	return k
}

// look notes the sockets that are open now.
func (k *kernelSockets) look() {
	if k.err != nil {
		return
	}
	now, err := socketLinks()
	for name := range now {
		if !k.before[name] {
			k.opened[name] = true
		}
	}
	k.err = err
}

// String says what was found.
func (k *kernelSockets) String() string {
	if k.err != nil {
		return fmt.Sprintf("kernel sockets opened: not measured on %s, which has no /proc/self/fd", runtime.GOOS)
	}
	return fmt.Sprintf("kernel sockets opened: %d", len(k.opened))
}

// socketLinks lists the process's descriptors that are sockets, each by the
// name that the kernel gives it.
func socketLinks() (map[string]bool, error) {
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sockets := map[string]bool{}
	for _, e := range entries {
		// A descriptor that is gone by now, such as the one that reads the
		// directory, is none of a socket's.
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(target, "socket:") {
			sockets[target] = true
		}
	}
	return sockets, nil
}
