//go:build !android

package tun_test

import (
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/tun"
)

// nobody is an ordinary user.
const nobody = 65534

// TestOrdinaryUserHasOffload opens a device that root has made for an ordinary
// user, who has no rights but that.
func TestOrdinaryUserHasOffload(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		withOffload(t, tun.Config{}).Close()
		for _, commands := range [][]string{
			{"tuntap", "add", "dev", "mine", "mode", "tun", "user", "65534"},
			{"addr", "add", "10.1.0.1/24", "dev", "mine"},
			{"link", "set", "dev", "mine", "up"},
		} {
			if out, err := exec.Command("ip", commands...).CombinedOutput(); err != nil {
				t.Skipf("needs ip (Debian package iproute2) and a user %d: ip %v: %v: %s", nobody, commands, err, out)
			}
		}
		becomeNobody(t)
		for _, offload := range []tun.Offload{tun.OffloadOn, tun.OffloadAuto, tun.OffloadOff, tun.OffloadOn} {
			d := open(t, tun.Config{Name: "mine", Offload: offload})
			readManyUDP(t, d)
			if err := d.EnableVirtio(); (err == nil) != (offload != tun.OffloadOff) {
				t.Errorf("offload %v: EnableVirtio: %v", offload, err)
			}
			wantOffloaded(t, "mine", offload != tun.OffloadOff, "opened with offload "+offload.String())
			d.Close()
		}
	})
}

// becomeNobody gives the calling thread an ordinary user's rights until the
// test ends, and ties the test to that thread.
func becomeNobody(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	const keep = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, nobody, keep); errno != 0 {
		t.Skipf("needs a user %d: setresuid: %v", nobody, errno)
	}
	t.Cleanup(func() {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, 0, keep); errno != 0 {
			t.Errorf("setresuid: %v", errno)
			return
		}
		runtime.UnlockOSThread()
	})
	mayOpenClone(t)
}

// mayOpenClone keeps the right to open any file, which stands for a
// /dev/net/tun that everybody may open: not every machine has it so.
func mayOpenClone(t *testing.T) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var rights [2]unix.CapUserData
	if err := unix.Capget(&header, &rights[0]); err != nil {
		t.Fatal(err)
	}
	rights[0].Effective = 1 << unix.CAP_DAC_OVERRIDE
	if err := unix.Capset(&header, &rights[0]); err != nil {
		t.Skipf("needs the right to open /dev/net/tun: %v", err)
	}
}
