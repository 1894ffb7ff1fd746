package sim

import (
	"fmt"
	"runtime"
	"strings"
)

// goroutine is one goroutine of a bubble, as the runtime describes it.
type goroutine struct {
	id, state string
	frames    []frame // the innermost first, the last is where it was started
}

// frame is a function and its place.
type frame struct{ function, place string }

// String names the goroutine, what it waits for, where it does so in the
// program, and where it was started.
func (g goroutine) String() string {
	where := g.program()
	s := fmt.Sprintf("  goroutine %s waits [%s]", g.id, g.state)
	if call := g.waitsIn(); call != "" {
		s += " in " + call
	}
	if where.function != "" {
		s += fmt.Sprintf(",\n    called by %s at %s", where.function, where.place)
	}
	if n := len(g.frames); n > 0 && strings.HasPrefix(g.frames[n-1].function, "created by ") {
		s += fmt.Sprintf(",\n    %s at %s", g.frames[n-1].function, g.frames[n-1].place)
	}
	return s + "\n"
}

// ours are the packages in which programs wait; the first frame outside is the
// program's.
var ours = []string{
	"runtime.", "sync.", "internal/", "time.", "testing/synctest",
	"github.com/seed-731cb71d/warren/sim.", "github.com/seed-731cb71d/warren/netstack.", "github.com/seed-731cb71d/warren/transport.",
}

func (f frame) isOurs() bool {
	if strings.Contains(f.place, "_test.go:") {
		return false
	}
	for _, prefix := range ours {
		if strings.HasPrefix(f.function, prefix) {
			return true
		}
	}
	return false
}

// program is the innermost frame that is the program's own.
func (g goroutine) program() frame {
	for _, f := range g.frames {
		if !f.isOurs() && !strings.HasPrefix(f.function, "created by ") {
			return f
		}
	}
	return frame{}
}

// waitsIn is the call that the program's frame made.
func (g goroutine) waitsIn() string {
	last := ""
	for _, f := range g.frames {
		if !f.isOurs() {
			break
		}
		last = f.function
	}
	return strings.TrimPrefix(last, "github.com/seed-731cb71d/warren/")
}

// ownBubble is how the runtime calls the bubble of the calling goroutine, ""
// if it is in none.
func ownBubble() string {
	var buf [512]byte
	head, _, _ := strings.Cut(string(buf[:runtime.Stack(buf[:], false)]), "\n")
	_, label, ok := strings.Cut(strings.TrimSuffix(head, "]:"), ", synctest bubble ")
	if !ok {
		return ""
	}
	label, _, _ = strings.Cut(label, ",")
	return "synctest bubble " + label
}

// ownGoroutine is the runtime's number of the calling goroutine.
func ownGoroutine() string {
	var buf [64]byte
	id, _, _ := strings.Cut(strings.TrimPrefix(string(buf[:runtime.Stack(buf[:], false)]), "goroutine "), " ")
	return id
}

// goroutinesOf lists the goroutines of a bubble but the caller, the driver and
// those of package testing.
func goroutinesOf(bubble string) []goroutine {
	var list []goroutine
	for i, text := range strings.Split(stacks(), "\n\n") {
		g := parseGoroutine(text)
		if i == 0 || bubble == "" || !hasLabel(g.state, bubble) || g.isOfTheTest() {
			continue
		}
		g.state, _, _ = strings.Cut(g.state, ", synctest bubble")
		list = append(list, g)
	}
	return list
}

func hasLabel(state, bubble string) bool {
	return strings.HasSuffix(state, bubble) || strings.Contains(state, bubble+",")
}

// stacksMost bounds the description of all goroutines.
const stacksMost = 64 << 20

// stacks is the runtime's description of all goroutines, the caller first.
func stacks() string {
	for size := 1 << 20; ; size *= 4 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= stacksMost {
			return string(buf[:n])
		}
	}
}

// isOfTheTest reports whether a goroutine is package testing's or the driver.
func (g goroutine) isOfTheTest() bool {
	for _, f := range g.frames {
		switch f.function {
		case "testing.testingSynctestTest", "testing/synctest.Test.func1", "internal/synctest.Run", "github.com/seed-731cb71d/warren/sim.(*bubble).drive":
			return true
		}
	}
	return false
}

// parseGoroutine reads one block of runtime.Stack.
func parseGoroutine(text string) goroutine {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var g goroutine
	head := strings.TrimSuffix(strings.TrimPrefix(lines[0], "goroutine "), "]:")
	g.id, g.state, _ = strings.Cut(head, " [")
	for i := 1; i+1 < len(lines); i += 2 {
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		g.frames = append(g.frames, frame{functionName(lines[i]), place})
	}
	return g
}

// functionName cuts the arguments off.
func functionName(s string) string {
	if created, ok := strings.CutPrefix(s, "created by "); ok {
		created, _, _ = strings.Cut(created, " in goroutine")
		return "created by " + created
	}
	if i := strings.LastIndex(s, "("); i > 0 {
		return s[:i]
	}
	return s
}
