package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// isHostName reports whether s has the form of a name: labels with dots between
// them.
func isHostName(s string) bool {
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return len(s) <= 253 && !slices.Contains(strings.Split(s, "."), "")
}

// checkName wants a name that dials take as one. The field, and a name that is
// good, stand in the error.
func checkName(field, name, like string) error {
	if !isHostName(name) {
		return fmt.Errorf("sim: %s is %q: it must be letters, digits, dots and hyphens, like %s", field, name, like)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return fmt.Errorf("sim: %s is %q: dials would take that for an address: give a name, like %s", field, name, like)
	}
	if canonical(name) == "localhost" {
		return fmt.Errorf("sim: %s is %q: that is every host's name for itself: give another one, like %s", field, name, like)
	}
	return nil
}

// checkNode finds mistakes in the name of a host, router or wire that nobody
// below finds.
func (w *World) checkNode(field, name string) error {
	if err := checkName(field, name, "client-1"); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.err != nil {
		return fmt.Errorf("sim: host %s comes too late: the world has ended", name)
	}
	other := ""
	if h := w.hostLocked(canonical(name)); h != nil {
		other = h.name
	} else if i := slices.IndexFunc(w.routers, func(r *Router) bool { return canonical(r.name) == canonical(name) }); i >= 0 {
		other = w.routers[i].name
	} else if w.net.Has(name) {
		other = name
	}
	switch {
	case other == name:
		return fmt.Errorf("sim: there is a host %s already: give hosts, routers and wires names of their own", name)
	case other != "":
		return fmt.Errorf("sim: there is a host %s already, and %s is the same name to dials: give hosts, routers and wires names of their own", other, name)
	case w.aliases[canonical(name)] != nil:
		return fmt.Errorf("sim: AddName has given %s to other addresses: choose another name", name)
	}
	return nil
}
