package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
)

const (
	module = "github.com/seed-731cb71d/warren"
	gvisor = "gvisor.dev/gvisor"
)

// platform is one system that the house is built for.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

// platforms are the systems whose imports the rules look at: files with
// build constraints hide imports from all others.
var platforms = []platform{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"freebsd", "amd64"},
	{"android", "arm64"},
	{"ios", "arm64"},
}

// goPackage is what the rules read of `go list -json`.
type goPackage struct {
	ImportPath   string
	Dir          string
	Name         string
	Standard     bool
	Export       string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// room is the package's path below the module, "" for the module itself.
func (p goPackage) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// repoRoot is the directory of go.mod; tests run in test/, one below it.
var repoRoot = sync.OnceValue(func() string {
	abs, err := filepath.Abs("..")
	if err != nil {
		panic(err)
	}
	return abs
})

// goList runs `go list -json` for one platform in the module's directory.
func goList(t *testing.T, p platform, args ...string) []goPackage {
	t.Helper()
	fields := "-json=ImportPath,Dir,Name,Standard,Export,Imports,TestImports,XTestImports,Deps"
	cmd := exec.Command("go", append([]string{"list", "-buildvcs=false", fields}, args...)...)
	cmd.Dir = repoRoot()
	cgo := "CGO_ENABLED=0"
	if p.os == "ios" {
		cgo = "CGO_ENABLED=1" // the go command refuses iOS programs without it; nothing is compiled
	}
	cmd.Env = append(os.Environ(), "GOOS="+p.os, "GOARCH="+p.arch, cgo, "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v for %v: %v\n%s", args, p, err, stderr.String())
	}
	var pkgs []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg goPackage
		if err := d.Decode(&pkg); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatalf("output of go list: %v", err)
		}
		pkgs = append(pkgs, pkg)
	}
}

// sourceFile is one parsed Go file of the house.
type sourceFile struct {
	path string // slash-separated, relative to the root
	text []byte
	ast  *ast.File
	fset *token.FileSet
}

func (f sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// dir is the slash-separated directory of the file.
func (f sourceFile) dir() string {
	if i := strings.LastIndexByte(f.path, '/'); i >= 0 {
		return f.path[:i]
	}
	return "."
}

// line is the line of a position in the file.
func (f sourceFile) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// sourceFiles parses every Go file of the module and of nested modules.
var sourceFiles = sync.OnceValues(func() ([]sourceFile, error) {
	var files []sourceFile
	fset := token.NewFileSet()
	err := filepath.WalkDir(repoRoot(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(repoRoot(), path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		files = append(files, sourceFile{path: filepath.ToSlash(rel), text: text, ast: parsed, fset: fset})
		return nil
	})
	sort.Slice(files, func(i, j int) bool { return files[i].path < files[j].path })
	return files, err
})

// houseFiles is sourceFiles for a test.
func houseFiles(t *testing.T) []sourceFile {
	t.Helper()
	files, err := sourceFiles()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// below reports whether the slash-separated path is room or lies below it.
func below(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// belowAny reports whether path is or lies below one of rooms.
func belowAny(path string, rooms ...string) bool {
	for _, room := range rooms {
		if below(path, room) {
			return true
		}
	}
	return false
}
