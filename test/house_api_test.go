package test

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// TestExportedAPI compares every exported identifier of the library packages
// with testdata/api, so that a change of the API is seen in a change of a
// file, and forbids gVisor's types in it. Run with -update after a change
// that is meant.
func TestExportedAPI(t *testing.T) {
	imp, pkgs := exportData(t)
	dir := filepath.Join("testdata", "api")
	stale := map[string]bool{}
	if old, err := filepath.Glob(filepath.Join(dir, "*.txt")); err == nil {
		for _, name := range old {
			stale[name] = true
		}
	}
	for _, pkg := range pkgs {
		loaded, err := imp.Import(pkg.ImportPath)
		if err != nil {
			t.Fatalf("export data of %s: %v", pkg.ImportPath, err)
		}
		lines := apiLines(loaded)
		for _, line := range lines {
			if strings.Contains(line, gvisor) {
				t.Errorf("%s exports a gVisor type: %s\ngVisor stays below netstack, so that its changes never become our users' changes", pkg.ImportPath, line)
			}
		}
		file := filepath.Join(dir, strings.ReplaceAll(pkg.room(), "/", "_")+".txt")
		delete(stale, file)
		compareFile(t, file, strings.Join(lines, "\n")+"\n")
	}
	for name := range stale {
		if *update {
			if err := os.Remove(name); err != nil {
				t.Error(err)
			}
			continue
		}
		t.Errorf("%s describes a package that is gone: run go test ./test -run TestExportedAPI -update", name)
	}
}

// exportData compiles the module and returns an importer of its packages,
// and those whose API is a promise: libraries outside internal and test.
func exportData(t *testing.T) (types.Importer, []goPackage) {
	t.Helper()
	exports := map[string]string{}
	var api []goPackage
	for _, pkg := range goList(t, platforms[0], "-export", "-deps", "./...") {
		exports[pkg.ImportPath] = pkg.Export
		if below(pkg.ImportPath, module) && pkg.Name != "main" &&
			!belowAny(pkg.room(), "test", "cmd") && !strings.Contains(pkg.room(), "internal") {
			api = append(api, pkg)
		}
	}
	lookup := func(path string) (io.ReadCloser, error) {
		file := exports[path]
		if file == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(file)
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", lookup), api
}

// apiLines renders the exported identifiers of a package, one a line, sorted.
// Types of the package itself stand without a path, all others with it.
func apiLines(pkg *types.Package) []string {
	qualify := func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Path()
	}
	var lines []string
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch o := obj.(type) {
		case *types.TypeName:
			lines = append(lines, typeLines(o, qualify)...)
		case *types.Const:
			lines = append(lines, fmt.Sprintf("const %s %s", name, types.TypeString(o.Type(), qualify)))
		default:
			lines = append(lines, types.ObjectString(obj, qualify))
		}
	}
	sort.Strings(lines)
	return lines
}

// typeLines renders a type, its exported fields and its method set, promoted
// methods included.
func typeLines(o *types.TypeName, qualify types.Qualifier) []string {
	name := o.Name()
	if o.IsAlias() {
		return []string{fmt.Sprintf("type %s = %s", name, types.TypeString(types.Unalias(o.Type()), qualify))}
	}
	var lines []string
	switch under := o.Type().Underlying().(type) {
	case *types.Struct:
		lines = append(lines, fmt.Sprintf("type %s struct", name))
		for i := range under.NumFields() {
			if f := under.Field(i); f.Exported() {
				lines = append(lines, fmt.Sprintf("field %s.%s %s", name, f.Name(), types.TypeString(f.Type(), qualify)))
			}
		}
	case *types.Interface:
		lines = append(lines, fmt.Sprintf("type %s interface", name))
	default:
		lines = append(lines, fmt.Sprintf("type %s %s", name, types.TypeString(under, qualify)))
	}
	recv := types.Type(types.NewPointer(o.Type()))
	if types.IsInterface(o.Type()) {
		recv = o.Type()
	}
	methods := types.NewMethodSet(recv)
	for i := range methods.Len() {
		if m := methods.At(i).Obj(); m.Exported() {
			signature := strings.TrimPrefix(types.TypeString(m.Type(), qualify), "func")
			lines = append(lines, fmt.Sprintf("method %s.%s%s", name, m.Name(), signature))
		}
	}
	return lines
}

// compareFile compares got with a file under testdata, or rewrites the file
// under -update.
func compareFile(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Errorf("%v: run go test ./test -run %s -update", err, t.Name())
		return
	}
	for _, line := range lineDiff(string(want), got) {
		t.Errorf("%s: %s", name, line)
	}
	if string(want) != got {
		t.Errorf("if the change is meant, run go test ./test -run %s -update", t.Name())
	}
}

// lineDiff lists the lines that only one of two texts has, as a set.
func lineDiff(want, got string) []string {
	count := map[string]int{}
	for _, line := range strings.Split(want, "\n") {
		count[line]--
	}
	for _, line := range strings.Split(got, "\n") {
		count[line]++
	}
	var diff []string
	for line, n := range count {
		if n < 0 {
			diff = append(diff, "gone: "+line)
		} else if n > 0 {
			diff = append(diff, "new:  "+line)
		}
	}
	sort.Strings(diff)
	return diff
}
