//go:build !android

package tun_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/tun"
)

// rawDevice opens a device as another program would: a blocking descriptor
// that children inherit. With flags 0 it is attached to no device.
func rawDevice(t *testing.T, name string, flags uint16) int {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if flags == 0 {
		return fd
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	request.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestFromFD(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		fd := rawDevice(t, "raw0", unix.IFF_TUN|unix.IFF_NO_PI)
		d, err := tun.FromFD(fd, 0)
		if err != nil {
			t.Fatal(err)
		}
		if d.Name() != "raw0" || d.MTU() != 1500 {
			t.Errorf("the device says %q, MTU %d", d.Name(), d.MTU())
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("the descriptor's flags are %#x, %v, want close-on-exec", flags, err)
		}
		closeWakes(t, d)
	})
}

func TestFromFile(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		fd := rawDevice(t, "raw0", unix.IFF_TUN|unix.IFF_NO_PI)
		f := os.NewFile(uintptr(fd), "given") // a blocking file
		d, err := tun.FromFile(f, 1400)
		if err != nil {
			t.Fatal(err)
		}
		if d.Name() != "raw0" || d.MTU() != 1400 {
			t.Errorf("the device says %q, MTU %d", d.Name(), d.MTU())
		}
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("the file is still open: %v", err)
		}
		closeWakes(t, d)
	})
}

func TestFromFileWithoutAFile(t *testing.T) {
	if _, err := tun.FromFile(nil, 0); err == nil || !strings.Contains(err.Error(), "f is nil") {
		t.Errorf("got %v, want an error that says so", err)
	}
}

// closeWakes checks that Close ends a Read that waits.
func closeWakes(t *testing.T, d *tun.Device) {
	t.Helper()
	reader := readUntilError(d)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := <-reader; err != net.ErrClosed {
		t.Errorf("Read: %v, want net.ErrClosed", err)
	}
}

func TestFromFDRefuses(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		regular, err := os.Open("/dev/null")
		if err != nil {
			t.Fatal(err)
		}
		defer regular.Close()
		tests := []struct {
			what   string
			fd     int
			mtu    int
			remedy string
		}{
			{"a TAP device", rawDevice(t, "a0", unix.IFF_TAP|unix.IFF_NO_PI), 0, "IFF_TUN"},
			{"no device", rawDevice(t, "", 0), 0, "belongs to no device"},
			{"a wrong MTU", rawDevice(t, "d0", unix.IFF_TUN|unix.IFF_NO_PI), 67, "mtu 67"},
			{"another file", int(regular.Fd()), 0, "is no TUN device"},
			{"no descriptor", 1 << 20, 0, "bad file descriptor"},
		}
		for _, tt := range tests {
			if _, err := tun.FromFD(tt.fd, tt.mtu); err == nil || !strings.Contains(err.Error(), tt.remedy) {
				t.Errorf("%s: %v, want an error with %q", tt.what, err, tt.remedy)
			}
			if tt.what == "another file" || tt.what == "no descriptor" {
				continue
			}
			if err := unix.Close(tt.fd); err != nil {
				t.Errorf("%s: the descriptor is not the caller's any more: %v", tt.what, err)
			}
		}
		before := len(tunDescriptors(t))
		f := os.NewFile(uintptr(rawDevice(t, "e0", unix.IFF_TAP|unix.IFF_NO_PI)), "given")
		if _, err := tun.FromFile(f, 0); err == nil {
			t.Error("a TAP file was taken")
		}
		if err := f.Close(); err != nil {
			t.Errorf("the refused file is not the caller's any more: %v", err)
		}
		if after := len(tunDescriptors(t)); after != before {
			t.Errorf("%d descriptors after, %d before", after, before)
		}
	})
}
