package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-731cb71d/warren/sim/internal/nearest"
)

// unknownHost says which host may be meant.
func (w *World) unknownHost(name string) error {
	return fmt.Errorf("sim: there is no host %q%s", name, suggestion(name, w.hostNames()))
}

func (w *World) hostNames() []string {
	var names []string
	for _, h := range w.Hosts() {
		names = append(names, h.name)
	}
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
		return ": the world has none yet; add it first"
	}
	slices.Sort(known)
	list := strings.Join(known[:min(len(known), suggestMost)], ", ")
	if more := len(known) - suggestMost; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return ": the world has " + list
}
