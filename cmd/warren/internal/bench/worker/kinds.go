package worker

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// KernelKind is the network of the operating system, in the namespaces that the
// worker was started in. It is always there. Its spec is nil or a KernelSpec.
const KernelKind = "kernel"

// KernelSpec is what can be said of the system's network.
type KernelSpec struct {
	Congestion string `json:"congestion,omitempty"` // as in task.Kernel
}

func kernelNetwork(text json.RawMessage) (task.Network, io.Closer, error) {
	var s KernelSpec
	if len(text) > 0 {
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, nil, fmt.Errorf("worker: kind %q: %w", KernelKind, err)
		}
	}
	return task.Kernel{Congestion: s.Congestion}, nil, nil
}

// Opener builds a network in a worker. The spec is what Worker.Open was given.
// The closer is closed when the worker ends; it may be nil.
type Opener func(spec json.RawMessage) (task.Network, io.Closer, error)

var kinds = struct {
	sync.Mutex
	open map[string]Opener
}{open: map[string]Opener{
	KernelKind: kernelNetwork,
}}

// Register names a network that workers of this program can build. It is called
// by init functions; a name that is taken is a mistake of the program and
// panics.
func Register(kind string, open Opener) {
	kinds.Lock()
	defer kinds.Unlock()
	if kinds.open[kind] != nil {
		panic(fmt.Sprintf("worker: kind %q is registered twice", kind))
	}
	kinds.open[kind] = open
}

// opener finds a registered network.
func opener(kind string) (Opener, error) {
	kinds.Lock()
	defer kinds.Unlock()
	if open := kinds.open[kind]; open != nil {
		return open, nil
	}
	known := slices.Sorted(maps.Keys(kinds.open))
	return nil, fmt.Errorf("worker: kind %q: is unknown: give one of %s", kind, strings.Join(known, ", "))
}
