//go:build !android

package tun_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/test/netns"
	"github.com/seed-731cb71d/warren/tun"
)

// inNamespace runs body as root of a network namespace in which TUN devices
// can be made, and checks that it leaves no TUN descriptor open.
func inNamespace(t *testing.T, body func(t *testing.T)) {
	t.Helper()
	netns.Run(t, func(t *testing.T) {
		f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENODEV) {
				t.Skipf("needs /dev/net/tun, readable and writable: %v", err)
			}
			t.Fatal(err)
		}
		f.Close()
		t.Cleanup(func() {
			if left := tunDescriptors(t); len(left) > 0 {
				t.Errorf("descriptors %v of /dev/net/tun are left open", left)
			}
		})
		body(t)
	})
}

// tunDescriptors lists the open descriptors of /dev/net/tun.
func tunDescriptors(t *testing.T) (fds []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && strings.HasPrefix(target, "/dev/net/tun") {
			fds = append(fds, e.Name())
		}
	}
	return fds
}

// open opens a device that the test's end closes.
func open(t *testing.T, c tun.Config) *tun.Device {
	t.Helper()
	d, err := tun.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func prefixes(s ...string) (p []netip.Prefix) {
	for _, s := range s {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

// exists reports whether there is an interface of that name.
func exists(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

// addresses lists what the kernel has on the interface, link-local IPv6
// addresses that it gave itself left out.
func addresses(t *testing.T, name string) (found []string) {
	t.Helper()
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := ifi.Addrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if !strings.HasPrefix(a.String(), "fe80:") {
			found = append(found, a.String())
		}
	}
	slices.Sort(found)
	return found
}
