//go:build linux && !android

package test

import (
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/tun"
)

// powerless is a command in a user namespace of its own, without rights over
// the network that it is in: what an ordinary user has.
func powerless(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Getenv(cliBinary), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	return cmd
}

// needUserNamespace skips where none can be made.
func needUserNamespace(t *testing.T) {
	t.Helper()
	if err := powerless("--version").Run(); err != nil {
		t.Skipf("needs user namespaces: %v", err)
	}
}

// wantNoDevice wants a command that failed to have left no device behind.
func wantNoDevice(t *testing.T, name string) {
	t.Helper()
	if _, err := net.InterfaceByName(name); err == nil {
		t.Errorf("device %s is still there", name)
	}
}

// testCLIEnvironment has the machine lack something. Nothing stays behind.
func testCLIEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent")
	addr := []string{"--tun", "w0", "--addr", "10.7.0.2/24"}
	for _, test := range []struct {
		name string
		args []string
		want []string
	}{
		{"unknown directory", append([]string{"serve", "http", absent}, addr...), []string{"DIR", absent, "no such file", "give a directory"}},
		{"file for directory", append([]string{"serve", "http", file}, addr...), []string{"DIR", file, "not a directory", "give a directory"}},
		{"no TUN device", []string{"ping", "--tun", "lo", "--addr", "10.7.0.2/24", "10.7.0.1"}, []string{`"lo"`, "no TUN device", "another --tun"}},
		{"long name", []string{"ping", "--tun", "a-name-too-long-by-far", "--addr", "10.7.0.2/24", "10.7.0.1"}, []string{"--tun", "a-name-too-long-by-far", "at most 15"}},
		{"no directory for the control socket", append([]string{"serve", "echo", "--control", absent + "/c.sock"}, addr...), []string{absent, "--control PATH"}},
		{"control path is a file", append([]string{"serve", "echo", "--control", file}, addr...), []string{file, "is no socket", "--control PATH"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := startCLI(t, test.args...)
			c.wantExit(t, cliEnvironment)
			wantSays(t, c, test.want...)
			wantNoDevice(t, "w0")
		})
	}
	t.Run("no rights", func(t *testing.T) {
		needUserNamespace(t)
		c := startCommand(t, powerless(append([]string{"serve", "echo"}, addr...)...))
		c.wantExit(t, cliEnvironment)
		wantSays(t, c, `"w0"`, "operation not permitted", "CAP_NET_ADMIN", "ip tuntap add dev w0", "--tun", "unshare -rn")
		wantNoDevice(t, "w0")
	})
	t.Run("device and socket in use", func(t *testing.T) {
		_, path := startServe(t, "echo")
		c := startCLI(t, "ping", "--tun", "w0", "--addr", "10.8.0.2/24", "10.8.0.1")
		c.wantExit(t, cliEnvironment)
		wantSays(t, c, `"w0"`, "another process has it open", "another --tun")
		c = startCLI(t, "serve", "echo", "--tun", "w1", "--addr", "10.8.0.2/24", "--control", path)
		c.wantExit(t, cliEnvironment)
		wantSays(t, c, path, "in use by a running command", "--control PATH")
		wantNoDevice(t, "w1")
	})
}

// testCLINoDeviceNode runs the binary in a root directory that has nothing
// else, so also no /dev/net/tun.
func testCLINoDeviceNode(t *testing.T) {
	root := t.TempDir()
	if err := copyFile(filepath.Join(root, "warren"), os.Getenv(cliBinary)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/warren", "ping", "--addr", "10.7.0.2/24", "10.7.0.1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	cmd.Dir = "/"
	c := startCommand(t, cmd)
	c.wantExit(t, cliEnvironment)
	wantSays(t, c, "/dev/net/tun", "no such file", "modprobe tun")
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// testCLIPreparedDevice uses, without rights, devices that root has made: one
// with an address for the kernel's end, and one without.
func testCLIPreparedDevice(t *testing.T) {
	needUserNamespace(t)
	kernel := netip.MustParsePrefix("10.7.0.254/24")
	for name, addresses := range map[string][]netip.Prefix{"w0": {kernel}, "w1": nil} {
		dev, err := tun.Open(tun.Config{Name: name, Addresses: addresses, Persist: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := dev.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := startCommand(t, powerless("ping", "--tun", "w0", "--addr", "10.7.0.2/24", "-c", "1", "-W", "1m", "10.7.0.254"))
	c.wantExit(t, cliOK)
	i, err := net.InterfaceByName("w0")
	if err != nil {
		t.Fatalf("the prepared device is gone: %v", err)
	}
	addresses, err := i.Addrs()
	isKernels := func(a net.Addr) bool { return a.String() == kernel.String() }
	if err != nil || !slices.ContainsFunc(addresses, isKernels) || slices.ContainsFunc(addresses, func(a net.Addr) bool { return strings.HasPrefix(a.String(), "10.7.0.1/") }) {
		t.Errorf("the prepared device now has %v, %v", addresses, err)
	}

	c = startCommand(t, powerless("ping", "--tun", "w0", "--addr", kernel.String(), "10.7.0.1"))
	c.wantExit(t, cliEnvironment)
	wantSays(t, c, "--addr 10.7.0.254/24", "kernel's own address", "choose another")

	c = startCommand(t, powerless("ping", "--tun", "w1", "--addr", "10.8.0.2/24", "10.8.0.1"))
	c.wantExit(t, cliEnvironment)
	wantSays(t, c, "--host-addr 10.8.0.1/24", "w1", "operation not permitted", "ip addr add 10.8.0.1/24 dev w1")
}

// testCLIFailures has the network say no.
func testCLIFailures(t *testing.T) {
	for _, test := range []struct {
		args string
		want []string
	}{
		{"connect --addr 10.7.0.2/24 10.7.0.1 9", []string{"10.7.0.1:9", "connection refused", "nobody listens"}},
		{"connect --addr 10.7.0.2/24 fd07::1 9", []string{"[fd07::1]:9", "network is unreachable", "--addr"}},
		{"connect --addr 10.7.0.2/24 --timeout 50ms 10.7.0.99 9", []string{"10.7.0.99:9", "--timeout 50ms"}},
		{"listen --addr 10.7.0.2/24 --timeout 50ms 9", []string{"accepting", "--timeout 50ms"}},
		{"serve echo --control off --addr 10.7.0.2/24 --listen 7 --listen 7", []string{`--listen "7"`, "address already in use", "a port of its own"}},
		{"serve http . --control off --addr 10.7.0.2/24 --listen 80 --listen 10.7.0.2:80", []string{`--listen "10.7.0.2:80"`, "address already in use"}},
	} {
		c := startCLI(t, append(strings.Fields(test.args), "--tun", "w0")...)
		c.wantExit(t, cliFailure)
		wantSays(t, c, test.want...)
		wantNoDevice(t, "w0")
	}
}
