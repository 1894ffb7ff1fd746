package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

// The networks of the worker in directory wireguard.
const (
	wireguardKind = "wireguard" // two of wireguard-go's netstacks, back to back
	gonetKind     = "gonet"     // two of gVisor's, with its own link and adapter
)

// wireguard is a variant of others' stacks. They live in another process,
// together, because the module that they need is not ours.
type wireguard struct {
	name, kind string
	mtu        int
}

var _ series.Variant = wireguard{}

// Name implements series.Variant.
func (w wireguard) Name() string { return w.name }

// Open implements series.Variant. It builds the worker, which takes the go
// command, the directory that this program was built from and the module.
func (w wireguard) Open(ctx context.Context) (_ series.Bed, err error) {
	dir, err := os.MkdirTemp("", "warren-bench-")
	if err != nil {
		return nil, err
	}
	b := &wireguardBed{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	program := filepath.Join(dir, "wireguard.exe") // a name that every system executes
	if err := buildWireguard(ctx, program); err != nil {
		return nil, err
	}
	if b.worker, err = worker.Start(ctx, worker.CommandOf(program)); err != nil {
		return nil, err
	}
	if err := b.worker.Open(ctx, w.kind, map[string]int{"mtu": w.mtu}); err != nil {
		return nil, err
	}
	return b, nil
}

// buildWireguard builds the worker, or says what is missing for that.
func buildWireguard(ctx context.Context, program string) error {
	_, file, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(file), "wireguard")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return &series.Unavailable{Reason: "the source of its worker is not here any more: build warren in a checkout, without -trimpath"}
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return &series.Unavailable{Reason: "its worker is built by the go command, which is not in the PATH"}
	}
	cmd := exec.CommandContext(ctx, tool, "build", "-o", program, ".")
	cmd.Dir = source
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return &series.Unavailable{Reason: fmt.Sprintf("go build in %s: %v: %s", source, err, lines[len(lines)-1])}
	}
	return nil
}

// wireguardBed is a worker and the directory of its program.
type wireguardBed struct {
	dir    string
	worker *worker.Worker
}

// Run implements series.Bed.
func (b *wireguardBed) Run(ctx context.Context, t task.Task) (task.Result, error) {
	return b.worker.Run(ctx, t.At(":0"))
}

// Close implements series.Bed.
func (b *wireguardBed) Close() error {
	var err error
	if b.worker != nil {
		err = b.worker.Close()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}
