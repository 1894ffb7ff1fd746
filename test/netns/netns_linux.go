package netns

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// guard names the environment variable that tells the child which test's
// namespace it is in.
const guard = "WARREN_NETNS"

// verdictFD is the descriptor on which the child answers how the body ended.
const verdictFD = 3

// needs says, in every skip, what would make the test run.
const needs = "needs root (CAP_SYS_ADMIN) or user namespaces to make a network namespace"

// outputMax bounds, in bytes, the child's output that is kept for the log.
const outputMax = 4 << 20

// Run runs body in a new network namespace in which only "lo" exists and is
// up. It returns after body has run in a child process; t then passes, fails
// or is skipped as the child's test did. In the child itself, Run calls body.
//
// Code before Run runs in both processes, so Run is best the only statement
// of the test. It may be called from a subtest, from parallel tests, and from
// inside another body, which gives a further namespace.
func Run(t *testing.T, body func(t *testing.T)) {
	t.Helper()
	if os.Getenv(guard) == t.Name() {
		runInside(t, body)
		return
	}
	verdict, err := runChild(t)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOSPC):
		t.Skipf("%s: %v", needs, err)
	case err != nil:
		t.Fatalf("in the network namespace: %v", err)
	case verdict == "skip":
		t.Skip("skipped in its network namespace; the reason stands above")
	case verdict != "pass":
		t.Fatalf("in the network namespace: the test ended without a verdict (got %q)", verdict)
	}
}

// Inside reports whether this process is the child of a Run, so that what
// belongs to the whole run, such as a report, can be left to the parent.
func Inside() bool { return os.Getenv(guard) != "" }

// runInside is Run's part in the child.
func runInside(t *testing.T, body func(t *testing.T)) {
	syscall.CloseOnExec(verdictFD)
	verdict := os.NewFile(verdictFD, "verdict")
	t.Cleanup(func() {
		word := "pass"
		if t.Skipped() {
			word = "skip"
		}
		if t.Failed() {
			word = "fail"
		}
		if _, err := io.WriteString(verdict, word); err != nil {
			t.Errorf("telling the parent the verdict: %v", err)
		}
		if err := verdict.Close(); err != nil {
			t.Errorf("telling the parent the verdict: %v", err)
		}
	})
	if err := loopbackUp(); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			t.Skipf("%s: %v", needs, err)
		}
		t.Fatal(err)
	}
	body(t)
}

// runChild executes the test binary again for t in a new namespace and
// returns the child's verdict. An error that is fs.ErrPermission means that
// no namespace could be made.
func runChild(t *testing.T) (verdict string, err error) {
	// The child is killed when this thread ends, so it must not.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	cmd, answer, err := startChild(t, false)
	if errors.Is(err, fs.ErrPermission) {
		cmd, answer, err = startChild(t, true)
	}
	if err != nil {
		return "", err
	}
	waitErr := cmd.Wait()
	word, readErr := readVerdict(answer)
	if waitErr != nil {
		return "", fmt.Errorf("the child process: %w", waitErr)
	}
	return word, readErr
}

// startChild starts the child; answer is where its verdict can be read. The
// caller closes answer.
func startChild(t *testing.T, userNamespace bool) (cmd *exec.Cmd, answer *os.File, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	answer, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()

	cmd = exec.Command(self, childArguments(t)...)
	cmd.Env = append([]string{"GORACE=atexit_sleep_ms=50"}, os.Environ()...) // not a second for each child
	cmd.Env = append(cmd.Env,
		guard+"="+t.Name(),
		"GOMAXPROCS="+strconv.Itoa(runtime.GOMAXPROCS(0))) // what -test.cpu chose
	output := &boundedWriter{w: t.Output(), left: outputMax}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = []*os.File{w}
	cmd.WaitDelay = 5 * time.Second // a process left behind may hold the output open
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	if userNamespace {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		answer.Close()
		return nil, nil, err
	}
	return cmd, answer, nil
}

// readVerdict reads the child's word, which has been written if it ever will
// be: the child has ended. A process that the child left behind cannot hold
// the pipe open, because its descriptor is closed on exec.
func readVerdict(answer *os.File) (string, error) {
	defer answer.Close()
	word, err := io.ReadAll(io.LimitReader(answer, 16))
	return string(word), err
}

// boundedWriter passes on the first bytes and drops the rest.
type boundedWriter struct {
	w    io.Writer
	left int
}

// Write never fails for lack of room: the child must not block or die of it.
func (b *boundedWriter) Write(p []byte) (int, error) {
	keep := min(len(p), b.left)
	if keep > 0 {
		if _, err := b.w.Write(p[:keep]); err != nil {
			return 0, err
		}
	}
	b.left -= keep
	return len(p), nil
}
