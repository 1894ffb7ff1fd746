package netns_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/test/netns"
)

func TestRunHasOnlyLoopback(t *testing.T) {
	netns.Run(t, func(t *testing.T) {
		interfaces, err := net.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		if len(interfaces) != 1 || interfaces[0].Name != "lo" {
			t.Fatalf("interfaces are %v, want lo alone", interfaces)
		}
		if interfaces[0].Flags&net.FlagUp == 0 {
			t.Fatalf("lo has flags %v, want it up", interfaces[0].Flags)
		}
		for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
			l, err := net.Listen("tcp", address)
			if err != nil {
				t.Fatalf("listening on %s: %v", address, err)
			}
			l.Close()
		}
	})
}

func TestRunMakesAnotherNamespace(t *testing.T) {
	before, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Skipf("needs /proc: %v", err)
	}
	t.Setenv("WARREN_NETNS_TEST_BEFORE", parentNamespace(before))
	netns.Run(t, func(t *testing.T) {
		inside, err := os.Readlink("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		if outside := os.Getenv("WARREN_NETNS_TEST_BEFORE"); inside == outside {
			t.Fatalf("inside and outside are the same namespace, %s", inside)
		}
	})
}

// parentNamespace keeps the value that the parent has set, for the statements
// before Run are executed by the child as well.
func parentNamespace(own string) string {
	if outer := os.Getenv("WARREN_NETNS_TEST_BEFORE"); outer != "" {
		return outer
	}
	return own
}

func TestRunInSubtest(t *testing.T) {
	t.Run("a (b) [c]", func(t *testing.T) {
		marker := markerFile(t)
		netns.Run(t, func(t *testing.T) {
			t.Run("kept", func(t *testing.T) { touch(t, os.Getenv("WARREN_NETNS_TEST_MARKER")) })
		})
		if _, err := os.Stat(marker); err != nil && !t.Skipped() {
			t.Errorf("the body's subtest has not run: %v", err)
		}
	})
}

// markerFile returns a path which the body, told by the environment, creates
// to prove that it ran.
func markerFile(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("WARREN_NETNS_TEST_MARKER"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "marker")
	t.Setenv("WARREN_NETNS_TEST_MARKER", path)
	return path
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Error(err)
	}
}

func TestRunSeesSysctls(t *testing.T) {
	netns.Run(t, func(t *testing.T) {
		const path = "/proc/sys/net/ipv4/ip_local_port_range"
		if err := os.WriteFile(path, []byte("50000 50001"), 0); err != nil {
			t.Skipf("needs a writable %s: %v", path, err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if fields := strings.Fields(string(got)); len(fields) != 2 || fields[0] != "50000" || fields[1] != "50001" {
			t.Fatalf("%s reads %q", path, got)
		}
	})
}
