package netns

import (
	"os"
	"syscall"
	"unsafe"
)

// interfaceRequest is the kernel's struct ifreq with its flags member.
type interfaceRequest struct {
	name  [syscall.IFNAMSIZ]byte
	flags uint16
	_     [22]byte
}

// loopbackUp sets "lo" up, which gives it 127.0.0.1 and ::1.
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)

	var request interfaceRequest
	copy(request.name[:], "lo")
	if err := interfaceIoctl(fd, syscall.SIOCGIFFLAGS, &request); err != nil {
		return os.NewSyscallError("reading the flags of lo", err)
	}
	request.flags |= syscall.IFF_UP
	if err := interfaceIoctl(fd, syscall.SIOCSIFFLAGS, &request); err != nil {
		return os.NewSyscallError("setting lo up", err)
	}
	return nil
}

func interfaceIoctl(fd int, command uintptr, request *interfaceRequest) error {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), command, uintptr(unsafe.Pointer(request)))
	if errno != 0 {
		return errno
	}
	return nil
}
