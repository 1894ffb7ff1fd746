package tun

import (
	"errors"
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
	f, ok := file.(*os.File)
	if !ok {
		return nil
	}
	if err := control(f, func(fd int) error { _, _, err := getInterface(fd); return err }); errors.Is(err, unix.EBADFD) {
		return unix.EBADFD
	}
	return nil
}
