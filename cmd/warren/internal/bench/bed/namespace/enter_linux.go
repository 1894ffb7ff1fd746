//go:build !android

package namespace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// entered tells the child of Enter what it is.
const entered = "WARREN_USER_NAMESPACE"

// stopWait is how long the child of Enter may take to end by itself.
const stopWait = 10 * time.Second

// Possible reports, as nil, whether New would succeed in this process. An error
// that is fs.ErrPermission means that Enter may help.
func Possible() error {
	n, err := New("trial")
	if err != nil {
		return err
	}
	return n.Close()
}

// Inside reports whether this process was started by Enter.
func Inside() bool { return os.Getenv(entered) != "" }

// Enter executes this program again with the arguments args, as root of a new
// user namespace, and waits for its end; code is its exit code. When ctx ends
// the child is interrupted, and killed if it does not end soon. The error says
// what forbids user namespaces.
func Enter(ctx context.Context, args []string, stdout, stderr io.Writer) (code int, err error) {
	if Inside() {
		return 0, errors.New("this is a user namespace already, and its root may make no network namespace: run as root")
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	// The child is killed when this thread ends, so it must not.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), entered+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopWait
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("user namespace: %w", explain(err))
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// explain adds what helps to an error about a namespace.
func explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: it needs CAP_SYS_ADMIN: run as root, or have root allow user namespaces "+
			"(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)", err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EUSERS):
		return fmt.Errorf("%w: the limit of namespaces is reached: raise user.max_net_namespaces and user.max_user_namespaces", err)
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSYS):
		return fmt.Errorf("%w: this kernel is built without network or user namespaces", err)
	}
	return err
}
