//go:build !android

package namespace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/test/wait"
)

// jobEnv names the environment variable that makes the test binary, executed
// again, do one of the jobs.
const jobEnv = "WARREN_NAMESPACE_JOB"

func TestMain(m *testing.M) {
	if job := jobs[os.Getenv(jobEnv)]; job != nil {
		os.Exit(job())
	}
	os.Exit(m.Run())
}

// jobs are what the tests let their children do.
var jobs = map[string]func() int{
	"denied": func() int {
		fmt.Println(namespace.Possible())
		return 0
	},
	"no namespaces": func() int {
		if err := os.WriteFile("/proc/sys/user/max_net_namespaces", []byte("0"), 0); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println(namespace.Possible())
		return 0
	},
	"namespaces": func() int {
		if err := namespace.Possible(); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("made one as", os.Getuid())
		return 7
	},
	"wait": func() int {
		fmt.Println("waiting")
		select {} // until the signal
	},
	"again": func() int {
		_, err := namespace.Enter(context.Background(), nil, os.Stdout, os.Stderr)
		fmt.Println(err)
		return 0
	},
}

// newNamespace makes a namespace for the test, or skips it.
func newNamespace(t *testing.T, name string) *namespace.Namespace {
	t.Helper()
	n, err := namespace.New(name)
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs root: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// threadNamespaces counts the network namespaces that this process's threads
// are in.
func threadNamespaces(t *testing.T) int {
	t.Helper()
	links, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			found[target] = true
		}
	}
	return len(found)
}

func TestNamespaceIsApart(t *testing.T) {
	a, b := newNamespace(t, "a"), newNamespace(t, "b")
	var interfaces []net.Interface
	err := a.Do(func() (err error) { interfaces, err = net.Interfaces(); return err })
	if err != nil || len(interfaces) != 1 || interfaces[0].Flags&net.FlagUp == 0 {
		t.Errorf("interfaces %v, %v, want lo alone, up", interfaces, err)
	}
	const name = "net.ipv4.ip_local_port_range"
	before, err := b.Setting(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Set(name, "10000\t10007"); err != nil {
		t.Fatal(err)
	}
	if got, err := a.Setting(name); err != nil || got != "10000\t10007" {
		t.Errorf("%s is %q, %v in the namespace where it was set", name, got, err)
	}
	if got, err := b.Setting(name); err != nil || got != before {
		t.Errorf("%s is %q, %v in the other namespace, want %q as before", name, got, err, before)
	}
	if err := a.Set("net.ipv4.no_such_setting", "1"); err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("a setting that does not exist: %v, want an error that names it", err)
	}
}

func TestNamespaceVanishes(t *testing.T) {
	before := threadNamespaces(t)
	for range 5 {
		n := newNamespace(t, "short")
		if target, err := os.Readlink(n.Path()); err != nil || target == "" {
			t.Fatalf("reading %s: %v", n.Path(), err)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
		if err := n.Do(func() error { return nil }); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Do after Close: %v, want net.ErrClosed", err)
		}
	}
	wait.Until(t, func() bool { return threadNamespaces(t) <= before }, "the namespaces' threads have ended")
}

// A child is born in the namespace and does not outlive it.
func TestNamespaceHoldsChildren(t *testing.T) {
	n := newNamespace(t, "parent")
	child := exec.Command("sleep", "1000")
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.Do(child.Start); err != nil {
		t.Fatal(err)
	}
	own, err := os.Readlink(n.Path())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", child.Process.Pid))
	if err != nil || got != own {
		t.Errorf("the child is in %s, %v, want %s", got, err, own)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the child ended with %v, want it killed", err)
	}
}

func TestPossibleMakesNothing(t *testing.T) {
	before := threadNamespaces(t)
	if err := namespace.Possible(); err != nil && !strings.Contains(err.Error(), "root") {
		t.Errorf("%v, want it to say who may make namespaces", err)
	}
	wait.Until(t, func() bool { return threadNamespaces(t) <= before }, "the trial's thread has ended")
}

// enter runs a job in a user namespace, or skips the test.
func enter(t *testing.T, ctx context.Context, job string, stdout, stderr *bytes.Buffer) (int, error) {
	t.Helper()
	t.Setenv(jobEnv, job)
	code, err := namespace.Enter(ctx, []string{"-test.run=^$"}, stdout, stderr)
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs user namespaces: %v", err)
	}
	return code, err
}

func TestEnterGivesRights(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code, err := enter(t, t.Context(), "namespaces", &stdout, &stderr)
	if err != nil || code != 7 || !strings.Contains(stdout.String(), "made one as 0") {
		t.Errorf("code %d, %v, said %q and %q; want 7 and a namespace made by root", code, err, &stdout, &stderr)
	}
}

// Without rights the error says which are missing and what helps.
func TestDeniedIsExplained(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), jobEnv+"=denied")
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"operation not permitted", "run as root", "unprivileged_userns_clone"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("an ordinary user is told %q, want it to have %q", out, want)
		}
	}
}

func TestLimitIsExplained(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code, err := enter(t, t.Context(), "no namespaces", &stdout, &stderr)
	if err != nil || code != 0 {
		t.Skipf("needs /proc/sys/user to be writable: code %d, %v: %s", code, err, &stdout)
	}
	if !strings.Contains(stdout.String(), "raise user.max_net_namespaces") {
		t.Errorf("at the limit it says %q, want the setting to raise", &stdout)
	}
}

func TestEnterOnce(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if _, err := enter(t, t.Context(), "again", &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "already") {
		t.Errorf("Enter in the child of Enter says %q, want a refusal", &stdout)
	}
}

func TestEnterIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout := cancelWriter{cancel}
	t.Setenv(jobEnv, "wait")
	code, err := namespace.Enter(ctx, []string{"-test.run=^$"}, stdout, os.Stderr)
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs user namespaces: %v", err)
	}
	if err == nil {
		t.Errorf("the interrupted child ended with code %d and no error", code)
	}
}

// cancelWriter ends a context with the first word of the child.
type cancelWriter struct{ cancel context.CancelFunc }

func (w cancelWriter) Write(p []byte) (int, error) {
	w.cancel()
	return len(p), nil
}
