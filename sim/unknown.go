package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/nearest"
)

// checkNames wants the hosts and routers that a fault names to be there: one
// that is misspelt would never hit anything.
func (w *World) checkNames(f fault.Fault) error {
	w.topo.Lock()
	defer w.topo.Unlock()
	for _, name := range fault.HostsOf(f) {
		if !w.net.Has(name) {
			return fmt.Errorf("sim: fault %q: there is no host or router %q%s", f, name, suggestion(name, w.net.Names()))
		}
	}
	return nil
}

// unknownHost says which host may be meant.
func (w *World) unknownHost(name string) error {
	return fmt.Errorf("sim: there is no host %q%s", name, suggestion(name, w.hostNames()))
}

func (w *World) hostNames() []string {
	var names []string
	for _, h := range w.Hosts() {
		names = append(names, h.name)
	}
	slices.Sort(names)
	return names
}

// suggestMost bounds how many names an error lists.
const suggestMost = 10

// suggestion is what an error says behind a name that is not known.
func suggestion(name string, known []string) string {
	if near := nearest.Word(name, known); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	if len(known) == 0 {
		return ": there is none yet, so add it first"
	}
	list := strings.Join(known[:min(len(known), suggestMost)], ", ")
	if more := len(known) - suggestMost; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return ": there is " + list
}
