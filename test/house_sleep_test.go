package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// sleepFiles may call time.Sleep though they serve tests, with the reason.
var sleepFiles = map[string]string{
	"sim/sameinstant_test.go": "its table has programs that run in a bubble and must all be awake at one instant",
	"test/wait/wait.go":       "the one place where a test waits in real time: it polls a condition",
}

// TestNoSleepInTests forbids time.Sleep in tests: a sleep is either too short
// for a loaded machine or too long for everybody. In a synctest bubble it
// takes virtual time and is allowed.
func TestNoSleepInTests(t *testing.T) {
	packages := map[string][]sourceFile{}
	for _, f := range houseFiles(t) {
		if sleepFiles[f.path] == "" && (f.isTest() || belowAny(f.dir(), "test", "transport/transporttest", "tun/tuntest")) {
			packages[f.dir()] = append(packages[f.dir()], f)
		}
	}
	for _, files := range packages {
		for _, place := range wallSleeps(files) {
			t.Errorf("%s: time.Sleep in a test: poll a condition with a generous limit (package test/wait), or sleep in a bubble: in what synctest.Test runs, in a func(*testing.T, *sim.World), or in a function that only those call", place)
		}
	}
}

// mention is a place where time.Sleep or a function of the package is named.
type mention struct {
	place  string
	name   string // of the function; "" is time.Sleep
	by     string // the plain function that it is in; "" elsewhere
	bubble bool   // it is in the body of a bubble
}

// wallSleeps are the places in the files of a package that call time.Sleep, but
// for those in bubbles and in functions that are named only there.
func wallSleeps(files []sourceFile) (places []string) {
	named := map[string][]mention{}
	for _, f := range files {
		for _, decl := range f.ast.Decls {
			for _, m := range mentions(f, decl) {
				named[m.name] = append(named[m.name], m)
			}
		}
	}
	functions := bubbleFunctions(named)
	for _, m := range named[""] {
		if !m.bubble && !functions[m.by] {
			places = append(places, m.place)
		}
	}
	return places
}

// bubbleFunctions are the functions that only bubbles name, or other such
// functions. Recursion does not count; who is named by nobody is not one.
func bubbleFunctions(named map[string][]mention) map[string]bool {
	found := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for name, list := range named {
			others := func(m mention) bool { return m.by != name }
			outside := func(m mention) bool { return others(m) && !m.bubble && !found[m.by] }
			if name == "" || found[name] || ast.IsExported(name) {
				continue
			}
			if slices.ContainsFunc(list, others) && !slices.ContainsFunc(list, outside) {
				found[name], grown = true, true
			}
		}
	}
	return found
}

// mentions are the names in a declaration that may be those of functions, and
// its calls of time.Sleep.
func mentions(f sourceFile, decl ast.Decl) (list []mention) {
	by := ""
	if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
		by = fn.Name.Name
	}
	var walk func(root ast.Node, bubble bool)
	walk = func(root ast.Node, bubble bool) {
		ast.Inspect(root, func(n ast.Node) bool {
			m := mention{by: by, bubble: bubble}
			if n != nil {
				m.place = fmt.Sprintf("%s:%d", f.path, f.line(n.Pos()))
			}
			switch n := n.(type) {
			case *ast.Ident:
				m.name = n.Name
				list = append(list, m)
			case *ast.SelectorExpr:
				if selectorOf(f, n, "time") == "Sleep" {
					list = append(list, m)
				}
			}
			if n != root && !bubble && isBubble(f, n) {
				walk(n, true)
				return false
			}
			return true
		})
	}
	walk(decl, isBubble(f, decl))
	return list
}

// isBubble reports whether a node is code that runs in a bubble: a call of
// synctest.Test, or a function of the form that sim.Test takes.
func isBubble(f sourceFile, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		return selectorOf(f, n.Fun, "testing/synctest") == "Test"
	case *ast.FuncLit:
		return isBubbleBody(f, n.Type)
	case *ast.FuncDecl:
		return isBubbleBody(f, n.Type)
	}
	return false
}

// isBubbleBody reports whether a function has the form that sim.Test runs in a
// bubble: func(*testing.T, *sim.World). One that takes a testing.TB, or no test,
// may also run in a cooperative world, where a sleep takes real time.
func isBubbleBody(f sourceFile, typ *ast.FuncType) bool {
	var params []ast.Expr
	for _, p := range typ.Params.List {
		for range max(len(p.Names), 1) {
			params = append(params, p.Type)
		}
	}
	if len(params) != 2 {
		return false
	}
	test, ok := params[0].(*ast.StarExpr)
	world, alsoOK := params[1].(*ast.StarExpr)
	if !ok || !alsoOK || selectorOf(f, test.X, "testing") != "T" {
		return false
	}
	name, inSim := world.X.(*ast.Ident)
	return selectorOf(f, world.X, module+"/sim") == "World" || inSim && name.Name == "World" && f.dir() == "sim"
}

// TestSleepsAreTold shows the rule what is allowed and what is not.
func TestSleepsAreTold(t *testing.T) {
	const head = `package p
import ("testing"; "testing/synctest"; "time"; "github.com/seed-731cb71d/warren/sim")
`
	for code, sleeps := range map[string]int{
		"func F() { time.Sleep(1) }": 1,
		"func F(t *testing.T) { synctest.Test(t, func(t *testing.T) { go func() { time.Sleep(1) }() }) }":                        0,
		"func F(t *testing.T) { sim.Test(t, func(t *testing.T, w *sim.World) { go func() { time.Sleep(1) }() }) }":               0,
		"func f(*testing.T, *sim.World) { time.Sleep(1) }":                                                                       0,
		"func F() { f(func(a, b *sim.World) { time.Sleep(1) }) }":                                                                1,
		"func F() { f(func(t testing.TB, w *sim.World) { time.Sleep(1) }) }":                                                     1,
		"func F() { f(func(w *sim.World) { time.Sleep(1) }) }":                                                                   1,
		"func F() { f(func(t *testing.T, w *World) { time.Sleep(1) }) }":                                                         1,
		"func F(h *sim.Host) { h.Go(``, func() { time.Sleep(1) }) }":                                                             1,
		"func F() { later := time.Sleep; later(1) }":                                                                             1,
		"func f() { time.Sleep(1) }; func b(*testing.T, *sim.World) { f() }":                                                     0,
		"func f() { time.Sleep(1) }; func g() { f() }; func b(*testing.T, *sim.World) { g() }":                                   0,
		"func f() { time.Sleep(1) }; func b(*testing.T, *sim.World) { f() }; type s int; func (s) m() { f(); sim.Test(nil, b) }": 1,
		"func f() { time.Sleep(1) }; func b(*testing.T, *sim.World) { f() }; func F() { f() }":                                   1,
		"func f() { time.Sleep(1) }; func b(*testing.T, *sim.World) { f() }; var all = []func(){f}":                              1,
		"func f() { time.Sleep(1); f() }":                                                                                        1,
		"type s int; func (s) f() { time.Sleep(1) }; func b(_ *testing.T, _ *sim.World) { s(0).f() }":                            1,
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x_test.go", head+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		f := sourceFile{path: "test/x_test.go", ast: file, fset: fset}
		if got := wallSleeps([]sourceFile{f}); len(got) != sleeps {
			t.Errorf("%s: sleeps at %v, want %d", code, got, sleeps)
		}
	}
}
