package netstack

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// stackErrors reads the names of the stack's error types from its source.
func stackErrors(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "gvisor.dev/gvisor/pkg/tcpip").Output()
	if err != nil {
		t.Skipf("the go command, needed to find the stack's source, does not run: %v", err)
	}
	file := filepath.Join(strings.TrimSpace(string(out)), "errors.go")
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "isError" {
			names = append(names, fn.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name)
		}
	}
	return names
}

func TestErrnosMapsEveryStackError(t *testing.T) {
	mapped := make(map[string]bool)
	for typ := range errnos {
		mapped[typ.Elem().Name()] = true
	}
	names := stackErrors(t)
	if len(names) < 40 {
		t.Fatalf("found %d error types in the stack's source, expected at least 40", len(names))
	}
	for _, name := range names {
		if !mapped[name] {
			t.Errorf("tcpip.%s has no errno: add it to the table in errors.go", name)
		}
		delete(mapped, name)
	}
	for name := range mapped {
		t.Errorf("tcpip.%s is in the table, but not in the stack", name)
	}
}

func TestErrnosAreNotInvented(t *testing.T) {
	for typ, errno := range errnos {
		if typ == reflect.TypeFor[*tcpip.ErrClosedForReceive]() {
			continue // io.EOF instead
		}
		if strings.HasPrefix(errno.Error(), "errno ") {
			t.Errorf("%s maps to %d, which the system does not know", typ, errno)
		}
	}
}

func TestErrSystemLimitAnswersToItsNames(t *testing.T) {
	err := opError(opAccept, "tcp", nil, nil, ErrSystemLimit)
	for _, target := range []error{ErrSystemLimit, syscall.ENFILE, syscall.EMFILE} {
		if !errors.Is(err, target) {
			t.Errorf("%v is not %v", err, target)
		}
	}
	var ne interface{ Temporary() bool } // net/http's server asks
	if !errors.As(err, &ne) || !ne.Temporary() || os.IsTimeout(err) {
		t.Errorf("%v should be temporary and no timeout", err)
	}
}

func TestContextErrorsAnswerToBothWorlds(t *testing.T) {
	for _, target := range []error{os.ErrDeadlineExceeded, context.DeadlineExceeded} {
		if !errors.Is(errTimeout, target) {
			t.Errorf("%v is not %v", errTimeout, target)
		}
	}
	if !errors.Is(errCanceled, context.Canceled) || errCanceled.Error() != "operation was canceled" {
		t.Errorf("%v is not package net's", errCanceled)
	}
}
