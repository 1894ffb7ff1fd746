//go:build !android

package tun_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/tun"
)

func TestOpenConfigures(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := open(t, tun.Config{
			Name: "warren-test-789", MTU: 9000,
			Addresses: prefixes("10.1.0.1/24", "fd00:1::1/64", "fe80::77/64"),
			Routes:    prefixes("10.2.0.0/16", "fd00:2::/64", "0.0.0.0/0", "::/0"),
		})
		if d.Name() != "warren-test-789" || d.MTU() != 9000 {
			t.Errorf("the device says %q, MTU %d", d.Name(), d.MTU())
		}
		ifi, err := net.InterfaceByName(d.Name())
		if err != nil {
			t.Fatal(err)
		}
		if ifi.MTU != 9000 || ifi.Flags&net.FlagUp == 0 {
			t.Errorf("the kernel says MTU %d, flags %v", ifi.MTU, ifi.Flags)
		}
		if got, want := addresses(t, d.Name()), []string{"10.1.0.1/24", "fd00:1::1/64"}; !slices.Equal(got, want) {
			t.Errorf("addresses are %v, want %v", got, want)
		}
		for _, to := range []string{"10.1.0.2", "10.2.3.4", "192.0.2.1", "fd00:1::2", "fd00:2::9", "2001:db8::1"} {
			routes, err := netlink.RouteGet(net.ParseIP(to))
			if err != nil {
				t.Errorf("no route to %s: %v", to, err)
			} else if routes[0].LinkIndex != ifi.Index {
				t.Errorf("the route to %s is %v, want it on %s", to, routes[0], d.Name())
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if exists(d.Name()) {
			t.Errorf("%s is still there after Close", d.Name())
		}
		if err := d.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

func TestOpenZeroConfig(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		a, b := open(t, tun.Config{}), open(t, tun.Config{})
		if a.Name() == b.Name() || !exists(a.Name()) || !exists(b.Name()) {
			t.Errorf("the kernel chose %q and %q", a.Name(), b.Name())
		}
		if a.MTU() != 1500 {
			t.Errorf("MTU is %d, want 1500", a.MTU())
		}
	})
}

func TestQueue(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		for _, tt := range []struct {
			config tun.Config
			want   int
		}{
			{tun.Config{}, 4096},
			{tun.Config{MTU: 65520}, 4096},
			{tun.Config{QueueMax: 17}, 17},
			{tun.Config{QueueMax: 65536, Name: "q0", Persist: true}, 65536},
			{tun.Config{Name: "q0"}, 65536}, // was made before
		} {
			d := open(t, tt.config)
			link, err := netlink.LinkByName(d.Name())
			if err != nil {
				t.Fatal(err)
			}
			if got := link.Attrs().TxQLen; got != tt.want {
				t.Errorf("%+v: a queue of %d packets, want %d", tt.config, got, tt.want)
			}
			d.Close()
		}
	})
}

func TestPersistentDeviceSurvives(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		const name = "keep0"
		// What "ip tuntap add dev keep0 mode tun" does.
		made := &netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: name}, Mode: netlink.TUNTAP_MODE_TUN,
			Flags: netlink.TUNTAP_NO_PI}
		if err := netlink.LinkAdd(made); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time everything is configured already
			d := open(t, tun.Config{Name: name, MTU: 1400,
				Addresses: prefixes("10.1.0.1/24", "fd00::1/64"), Routes: prefixes("10.9.0.0/16", "fd01::/64")})
			if d.MTU() != 1400 {
				t.Errorf("MTU is %d", d.MTU())
			}
			d.Close()
			if !exists(name) {
				t.Fatal("Close has deleted a device that was made before")
			}
		}
		if d := open(t, tun.Config{Name: name}); d.MTU() != 1400 {
			t.Errorf("MTU is %d, want 1400 as before", d.MTU())
		}
	})
}

func TestPersist(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		open(t, tun.Config{Name: "keep1", Persist: true, Addresses: prefixes("10.1.0.1/24")}).Close()
		if got := addresses(t, "keep1"); !slices.Equal(got, []string{"10.1.0.1/24"}) {
			t.Errorf("after Close the addresses are %v", got)
		}
		if _, err := tun.Open(tun.Config{Name: "gone1", Persist: true, Routes: prefixes("10.1.0.0/24")}); err == nil {
			t.Error("a route that keep1 has was added again")
		}
		if exists("gone1") {
			t.Error("a device whose Open failed persists")
		}
	})
}

func TestFailedConfigurationIsUndone(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		open(t, tun.Config{Name: "first", Addresses: prefixes("10.1.0.1/24")})
		_, err := tun.Open(tun.Config{Name: "new", Routes: prefixes("10.1.0.0/24")})
		if !errors.Is(err, syscall.EEXIST) || !strings.Contains(err.Error(), "Config.Routes[0] 10.1.0.0/24") {
			t.Errorf("a route that another device has: %v", err)
		}
		if exists("new") {
			t.Error("the new device is still there")
		}

		open(t, tun.Config{Name: "made", Persist: true, Addresses: prefixes("10.5.0.1/24")}).Close()
		down(t, "made")
		_, err = tun.Open(tun.Config{Name: "made", MTU: 1300, QueueMax: 9,
			Addresses: prefixes("10.5.0.1/24", "10.6.0.1/24", "fd00::1/64"),
			Routes:    prefixes("10.7.0.0/24", "10.1.0.0/24")})
		if !errors.Is(err, syscall.EEXIST) || !strings.Contains(err.Error(), "Config.Routes[1]") {
			t.Errorf("a route that another device has: %v", err)
		}
		ifi, err := net.InterfaceByName("made")
		if err != nil {
			t.Fatal(err)
		}
		if ifi.MTU != 1500 || ifi.Flags&net.FlagUp != 0 {
			t.Errorf("the device made before has MTU %d, flags %v, want 1500 and down", ifi.MTU, ifi.Flags)
		}
		if link, err := netlink.LinkByName("made"); err != nil || link.Attrs().TxQLen == 9 {
			t.Errorf("the device made before keeps the new queue, %v", err)
		}
		if got := addresses(t, "made"); !slices.Equal(got, []string{"10.5.0.1/24"}) {
			t.Errorf("the device made before has addresses %v", got)
		}
	})
}

// down sets an interface down.
func down(t *testing.T, name string) {
	t.Helper()
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetDown(link)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTakenNames(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		open(t, tun.Config{Name: "used"})
		tap := &netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tap"}, Mode: netlink.TUNTAP_MODE_TAP,
			Flags: netlink.TUNTAP_NO_PI}
		if err := netlink.LinkAdd(tap); err != nil {
			t.Fatal(err)
		}
		before := len(tunDescriptors(t))
		for _, tt := range []struct {
			name   string
			want   error
			remedy string
		}{
			{"used", syscall.EBUSY, "another process has it open"},
			{"tap", syscall.EINVAL, "no TUN device"},
			{"lo", syscall.EINVAL, "choose another Config.Name"},
		} {
			_, err := tun.Open(tun.Config{Name: tt.name})
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.remedy) || !strings.Contains(err.Error(), tt.name) {
				t.Errorf("opening %s: %v, want %v and %q", tt.name, err, tt.want, tt.remedy)
			}
		}
		if after := len(tunDescriptors(t)); after != before {
			t.Errorf("%d descriptors after the errors, %d before", after, before)
		}
		if !exists("tap") || !exists("lo") || !exists("used") {
			t.Error("a refused device has vanished")
		}
	})
}

func TestMissingRights(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		open(t, tun.Config{Name: "ready", Persist: true, MTU: 1400,
			Addresses: prefixes("10.1.0.1/24"), Routes: prefixes("10.2.0.0/16")}).Close()
		withoutNetAdmin(t)
		for _, name := range []string{"", "fresh"} {
			_, err := tun.Open(tun.Config{Name: name})
			if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "ip tuntap add dev") {
				t.Errorf("making device %q: %v, want a refusal with a remedy", name, err)
			}
		}
		// Whoever may open a prepared device needs no rights to use it so.
		open(t, tun.Config{Name: "ready", MTU: 1400,
			Addresses: prefixes("10.1.0.1/24"), Routes: prefixes("10.2.0.0/16")}).Close()
		for _, tt := range []struct {
			config tun.Config
			remedy string
		}{
			{tun.Config{MTU: 1300}, "ip link set mtu 1300 dev ready"},
			{tun.Config{Addresses: prefixes("10.3.0.1/24")}, "ip addr add 10.3.0.1/24 dev ready"},
			{tun.Config{Routes: prefixes("10.4.0.0/24")}, "ip route add 10.4.0.0/24 dev ready"},
		} {
			tt.config.Name = "ready"
			_, err := tun.Open(tt.config)
			if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), tt.remedy) {
				t.Errorf("%+v: %v, want a refusal with %q", tt.config, err, tt.remedy)
			}
		}
		if !exists("ready") {
			t.Error("the prepared device has vanished")
		}
	})
}

// withoutNetAdmin takes CAP_NET_ADMIN away from the calling thread until the
// test ends, and ties the test to that thread.
func withoutNetAdmin(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var before [2]unix.CapUserData
	if err := unix.Capget(&header, &before[0]); err != nil {
		t.Fatal(err)
	}
	reduced := before
	reduced[0].Effective &^= 1 << unix.CAP_NET_ADMIN
	if err := unix.Capset(&header, &reduced[0]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Capset(&header, &before[0]); err != nil {
			t.Error(err)
			return
		}
		runtime.UnlockOSThread()
	})
}

func TestChildrenDoNotInheritTheDevice(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		open(t, tun.Config{Name: "priv"})
		fds := tunDescriptors(t)
		if len(fds) != 1 {
			t.Fatalf("descriptors %v, want one", fds)
		}
		fd, err := strconv.Atoi(fds[0])
		if err != nil {
			t.Fatal(err)
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("the descriptor's flags are %#x, %v, want close-on-exec", flags, err)
		}
		out, err := exec.Command("/bin/sh", "-c", "ls -l /proc/self/fd").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if strings.Contains(string(out), "/dev/net/tun") {
			t.Errorf("a child has the device open:\n%s", out)
		}
	})
}

func TestOpenIPv6SwitchedOff(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0); err != nil {
			t.Skipf("needs writable IPv6 settings: %v", err)
		}
		_, err := tun.Open(tun.Config{Name: "no6", Addresses: prefixes("fd00::1/64")})
		if err == nil || !strings.Contains(err.Error(), "sysctl net.ipv6.conf.no6.disable_ipv6") {
			t.Errorf("an IPv6 address without IPv6: %v", err)
		}
	})
}
