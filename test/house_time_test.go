package test

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"testing"
)

// wallTime are the names through which the system's clock or a timer of Go's
// runtime gets into a package, by import path.
var wallTime = map[string][]string{
	"time":    {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
}

// chance are the packages through which randomness gets in.
var chance = []string{"math/rand", "math/rand/v2", "crypto/rand"}

// seamFiles are the files in which time and chance may enter, with the
// reason for each.
var seamFiles = map[string]string{
	"netstack/clock.go":       "the system clock that a stack without Config.Clock uses",
	"netstack/entropy.go":     "the system's random source that a stack without Config.Entropy uses",
	"netstack/fq/clock.go":    "the system clock that a queue without Config.Clock uses",
	"netstack/fq/entropy.go":  "the system's random source that keys the flow hash without Config.Entropy",
	"netstack/pcap/clock.go":  "the system clock that a capture without Config.Clock uses",
	"sim/bubbletime.go":       "the time of the bubble that sim.Test makes, which the world follows",
	"sim/entropy.go":          "generators with keys derived from the world's seed",
	"sim/turnwatch.go":        "the time on the wall, in which a program that keeps its turn is noticed",
	"sim/watchdog.go":         "the time on the wall, in which a hang of a bubble is noticed",
	"transport/node_clock.go": "the system clock that a Node without Config.Clock uses",
}

// TestTimeAndChanceEnterThroughSeams forbids the system's clock and random
// sources in the rooms that a simulator drives: one call would make runs
// differ and virtual time stop.
func TestTimeAndChanceEnterThroughSeams(t *testing.T) {
	used := map[string]bool{}
	for _, f := range houseFiles(t) {
		if f.isTest() || !belowAny(f.dir(), "netstack", "transport", "sim") {
			continue
		}
		for _, name := range wallClockUses(f) {
			used[f.path] = true
			if seamFiles[f.path] == "" {
				t.Errorf("%s uses %s: ask the Clock or the Entropy, or a simulated run can neither be repeated nor run in virtual time", f.path, name)
			}
		}
	}
	for file := range seamFiles {
		if !used[file] {
			t.Errorf("seamFiles names %s, which uses neither time nor chance: delete the entry", file)
		}
	}
}

// wallClockUses lists what f takes from wallTime and chance.
func wallClockUses(f sourceFile) []string {
	var uses []string
	for _, imp := range f.ast.Imports {
		if p, _ := strconv.Unquote(imp.Path.Value); slices.Contains(chance, p) {
			uses = append(uses, p)
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		for pkg, names := range wallTime {
			if name := selectorOf(f, n, pkg); slices.Contains(names, name) {
				uses = append(uses, pkg+"."+name)
			}
		}
		return true
	})
	return uses
}

// selectorOf returns Name if n is pkg.Name for the imported package pkg.
func selectorOf(f sourceFile, n ast.Node, pkg string) string {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, imp := range f.ast.Imports {
		p, _ := strconv.Unquote(imp.Path.Value)
		name := path.Base(p)
		if imp.Name != nil {
			name = imp.Name.Name
		}
		if p == pkg && name == x.Name {
			return sel.Sel.Name
		}
	}
	return ""
}
