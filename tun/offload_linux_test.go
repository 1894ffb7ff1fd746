//go:build !android

package tun_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/test/ethtool"
	"github.com/seed-731cb71d/warren/tun"
)

// offloaded asks the kernel whether it leaves segmentation of TCP to the device,
// and checksums.
func offloaded(t *testing.T, name string) (segments, checksums bool) {
	t.Helper()
	segments, err := ethtool.Feature(name, unix.ETHTOOL_GTSO)
	if err != nil {
		t.Fatal(err)
	}
	if checksums, err = ethtool.Feature(name, unix.ETHTOOL_GTXCSUM); err != nil {
		t.Fatal(err)
	}
	return segments, checksums
}

func wantOffloaded(t *testing.T, name string, want bool, when string) {
	t.Helper()
	if segments, checksums := offloaded(t, name); segments != want || checksums != want {
		t.Errorf("%s: the kernel leaves to the device: segmentation %t, checksums %t, want %t", when, segments, checksums, want)
	}
}

// remove deletes a device.
func remove(t *testing.T, name string) {
	t.Helper()
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkDel(link)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOffloadOnlyAfterEnableVirtio(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := withOffload(t, tun.Config{Name: "w0"})
		wantOffloaded(t, "w0", false, "after Open")
		if err := d.EnableVirtio(); err != nil {
			t.Fatal(err)
		}
		wantOffloaded(t, "w0", true, "after EnableVirtio")
	})
}

func TestOffloadOff(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		unnamed := open(t, tun.Config{Offload: tun.OffloadOff})
		if err := unnamed.Offload(); err == nil || !strings.Contains(err.Error(), unnamed.Name()+" has no") {
			t.Errorf("got %v, want the name that the system chose", err)
		}
		d := open(t, tun.Config{Name: "w0", Offload: tun.OffloadOff})
		for _, err := range []error{d.Offload(), d.EnableVirtio()} {
			if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "w0") || !strings.Contains(err.Error(), "Config.Offload is off") {
				t.Errorf("got %v, want errors.ErrUnsupported with the device and the reason", err)
			}
		}
		wantOffloaded(t, "w0", false, "after EnableVirtio was refused")
	})
}

// TestOffloadDoesNotOutliveItsUser opens a device that was made before, with
// and without virtio headers, one way after the other: what the one has asked of the
// kernel must not reach the next, which would not understand its packets.
func TestOffloadDoesNotOutliveItsUser(t *testing.T) {
	for _, extra := range []string{"", "vnet_hdr"} {
		t.Run("made with "+extra, func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				makeTUN(t, "p0", extra)
				for range 2 {
					d := withOffload(t, tun.Config{Name: "p0", Offload: tun.OffloadOn})
					if err := d.EnableVirtio(); err != nil {
						t.Fatal(err)
					}
					wantOffloaded(t, "p0", true, "after EnableVirtio")
					d.Close()
					wantOffloaded(t, "p0", false, "after Close")

					fd := rawDevice(t, "p0", unix.IFF_TUN|unix.IFF_NO_PI|unix.IFF_VNET_HDR)
					if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4); err != nil {
						t.Fatal(err)
					}
					unix.Close(fd) // as a program that leaves it behind
					wantOffloaded(t, "p0", true, "left behind by another")
					d = open(t, tun.Config{Name: "p0", Offload: tun.OffloadOff})
					wantOffloaded(t, "p0", false, "after Open without offload")
					d.Close()
				}
			})
		})
	}
}

// makeTUN makes a device that stays, as an administrator does.
func makeTUN(t *testing.T, name, extra string) {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip (Debian package iproute2)")
	}
	arguments := append([]string{"tuntap", "add", "dev", name, "mode", "tun"}, strings.Fields(extra)...)
	if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
}

// TestFromFDWithVirtioHeaders adopts a descriptor of a device with headers of
// either length, with the offload that its maker has asked for.
func TestFromFDWithVirtioHeaders(t *testing.T) {
	for _, headerBytes := range []int{10, 12} {
		t.Run(fmt.Sprintf("%d bytes", headerBytes), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) { adoptWithHeaders(t, headerBytes) })
		})
	}
}

func adoptWithHeaders(t *testing.T, headerBytes int) {
	made := open(t, tun.Config{Name: "raw0", Persist: true, Addresses: prefixes("10.1.0.1/24")})
	made.Close()
	fd := rawDevice(t, "raw0", unix.IFF_TUN|unix.IFF_NO_PI|unix.IFF_VNET_HDR)
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, headerBytes); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4); err != nil {
		t.Fatal(err)
	}
	d, err := tun.FromFD(fd, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	wantOffloaded(t, "raw0", false, "after FromFD")
	readManyUDP(t, d) // whole packets without headers
	if err := d.EnableVirtio(); err != nil {
		t.Fatal(err)
	}
	wantOffloaded(t, "raw0", true, "after EnableVirtio")
}
