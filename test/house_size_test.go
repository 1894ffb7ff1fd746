package test

import (
	"bytes"
	"fmt"
	"go/ast"
	"testing"
)

const (
	fileLinesMax     = 400
	functionLinesMax = 70
)

// sizeExceptions are the files ("path") and functions ("path:Name" or
// "path:Type.Name") that may be longer, each with its reason. An entry that
// is no longer needed fails the test.
var sizeExceptions = map[string]string{}

// TestSizes holds the limits on files and functions: a function fits on a
// screen, a file holds one concern. Large files grow one reasonable addition
// at a time, which is why the limit is a test.
func TestSizes(t *testing.T) {
	used := map[string]bool{}
	check := func(name string, lines, limit int) {
		if lines <= limit {
			return
		}
		used[name] = true
		if sizeExceptions[name] == "" {
			t.Errorf("%s has %d lines, over the limit of %d: cut it by concern, or state in sizeExceptions why it must be so long", name, lines, limit)
		}
	}
	for _, f := range houseFiles(t) {
		check(f.path, bytes.Count(f.text, []byte("\n")), fileLinesMax)
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				lines := f.line(fn.End()) - f.line(fn.Pos()) + 1
				check(fmt.Sprintf("%s:%s", f.path, functionName(fn)), lines, functionLinesMax)
			}
		}
	}
	for name := range sizeExceptions {
		if !used[name] {
			t.Errorf("sizeExceptions names %s, which is within the limits or gone: delete the entry", name)
		}
	}
}

// functionName is Name, or Type.Name for a method.
func functionName(fn *ast.FuncDecl) string {
	if recv := receiverName(fn); recv != "" {
		return recv + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// receiverName is the name of the type that fn is a method of, or "".
func receiverName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	expr := fn.Recv.List[0].Type
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.IndexListExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
