package test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// cliBinary names the environment variable that tells a child in a network
// namespace where the binary is.
const cliBinary = "WARREN_TEST_CLI"

// cliGuard bounds what a command may take. No test is about it.
const cliGuard = 2 * time.Minute

// The exit codes that "warren help exit-codes" promises.
const (
	cliOK          = 0
	cliFailure     = 1
	cliUsage       = 2
	cliEnvironment = 3
)

// TestCLI runs the binary as a user does. It is built once, here.
func TestCLI(t *testing.T) {
	if os.Getenv(cliBinary) == "" {
		t.Setenv(cliBinary, buildCLI(t))
	}
	for _, test := range append(cliTests, cliTUNTests...) {
		t.Run(test.name, test.body)
	}
}

// cliTest is a subtest of TestCLI.
type cliTest struct {
	name string
	body func(*testing.T)
}

// cliTests are those that every system can run; cliTUNTests need Linux.
var cliTests = []cliTest{
	{"usage", testCLIUsage},
	{"help", testCLIHelp},
	{"stat without serve", testCLIStatWithoutServe},
	{"sim", testCLISim},
	{"sim reports", testCLISimReports},
	{"sim interrupt", testCLISimInterrupt},
}

// buildCLI builds the binary into a directory that lives as long as t.
func buildCLI(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "warren")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", name, "./cmd/warren")
	cmd.Dir = repoRoot()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // so that it runs in an empty root directory too
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return name
}

// command is a running binary.
type command struct {
	cmd    *exec.Cmd
	stdout lockedBuffer
	stderr lockedBuffer
}

// startCLI starts the binary; it is killed when the test ends.
func startCLI(t *testing.T, args ...string) *command {
	t.Helper()
	return startCommand(t, exec.Command(os.Getenv(cliBinary), args...))
}

func startCommand(t *testing.T, cmd *exec.Cmd) *command {
	t.Helper()
	c := &command{cmd: cmd}
	cmd.Stdout, cmd.Stderr = &c.stdout, &c.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	return c
}

// exit waits for the end and returns the exit code, -1 for a signal.
func (c *command) exit(t *testing.T) int {
	t.Helper()
	guard := time.AfterFunc(cliGuard, func() { c.cmd.Process.Kill() })
	err := c.cmd.Wait()
	if !guard.Stop() {
		t.Fatalf("%v has not ended\nstdout %q\nstderr %q", c.cmd.Args, &c.stdout, &c.stderr)
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.cmd.ProcessState.ExitCode()
}

// wantExit waits for the end.
func (c *command) wantExit(t *testing.T, code int) {
	t.Helper()
	if got := c.exit(t); got != code {
		t.Errorf("%v: exit code %d, want %d\nstdout %q\nstderr %q", c.cmd.Args, got, code, &c.stdout, &c.stderr)
	}
}

func (c *command) interrupt(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// await waits until out contains text.
func (c *command) await(t *testing.T, out *lockedBuffer, text string) {
	t.Helper()
	if !wait.True(func() bool { return strings.Contains(out.String(), text) }) {
		t.Fatalf("%v does not say %q\nstdout %q\nstderr %q", c.cmd.Args, text, &c.stdout, &c.stderr)
	}
}

// lockedBuffer may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
