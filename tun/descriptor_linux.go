package tun

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// getInterface returns the flags and the name of the device that fd is
// attached to.
func getInterface(fd int) (flags uint16, name string, err error) {
	request, err := unix.NewIfreq("")
	if err != nil {
		return 0, "", err
	}
	if err := unix.IoctlIfreq(fd, unix.TUNGETIFF, request); err != nil {
		return 0, "", err
	}
	return request.Uint16(), request.Name(), nil
}

// control calls f with file's descriptor, which stays valid meanwhile.
func control(file *os.File, f func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// goneCause returns the kernel's error if err, from file, means that the
// device was deleted under its descriptor, else nil. The first call after
// that may answer EBADFD; later ones fail in Go's poller, with an error that
// says nothing, so the descriptor is asked whether it still has a device.
func goneCause(file io.ReadWriteCloser, err error) error {
	if errors.Is(err, unix.EBADFD) {
		return unix.EBADFD
	}
	var f *os.File
	switch file := file.(type) {
	case *os.File:
		f = file
	case headedFile:
		f = file.File
	default:
		return nil
	}
	if err := control(f, func(fd int) error { _, _, err := getInterface(fd); return err }); errors.Is(err, unix.EBADFD) {
		return unix.EBADFD
	}
	return nil
}

// newLinuxDevice makes a device of file, whose packets have virtio headers if
// plain is nil.
func newLinuxDevice(file *os.File, name string, mtu int, plain error) (*Device, error) {
	v, err := newVectors(file, plain == nil)
	if err != nil {
		return nil, fmt.Errorf("tun: device %s: %w", name, err)
	}
	d := newDevice(file, name, mtu, plain)
	d.vectors, d.batch = v, min(max(batchBytes/mtu, 1), batchMax)
	if v.header {
		d.file = headedFile{file, v}
	}
	return d, nil
}

// setHeaderBytes chooses the short header: the long one adds a number of
// buffers that a TUN device never fills in.
func setHeaderBytes(fd int) error {
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, VirtioHeaderBytes); err != nil {
		return fmt.Errorf("TUNSETVNETHDRSZ: %w", err)
	}
	return nil
}
