package netstack

import (
	"context"
	"io"
	"net"
	"os"
	"reflect"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The operations and system calls that errors name, in package net's words.
const (
	opAccept = "accept"
	opClose  = "close"
	opDial   = "dial"
	opListen = "listen"
	opRead   = "read"
	opSet    = "set"
	opWrite  = "write"

	callAccept     = "accept4"
	callBind       = "bind"
	callConnect    = "connect"
	callListen     = "listen"
	callRead       = "read"
	callRecv       = "recvfrom"
	callSend       = "sendto"
	callSetsockopt = "setsockopt"
	callShutdown   = "shutdown"
	callSocket     = "socket"
	callWrite      = "write"
)

// errnos translates the stack's errors into those of Linux. It is the only
// such table. What depends on the call is decided where the call is made:
// see connectErrno, connectUDPErrno and bindErrno.
var errnos = map[reflect.Type]syscall.Errno{
	reflect.TypeFor[*tcpip.ErrAborted]():                      syscall.EPIPE,
	reflect.TypeFor[*tcpip.ErrAddressFamilyNotSupported]():    syscall.EAFNOSUPPORT,
	reflect.TypeFor[*tcpip.ErrAlreadyBound]():                 syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrAlreadyConnected]():             syscall.EISCONN,
	reflect.TypeFor[*tcpip.ErrAlreadyConnecting]():            syscall.EALREADY,
	reflect.TypeFor[*tcpip.ErrBadAddress]():                   syscall.EFAULT,
	reflect.TypeFor[*tcpip.ErrBadBuffer]():                    syscall.EFAULT,
	reflect.TypeFor[*tcpip.ErrBadLocalAddress]():              syscall.EADDRNOTAVAIL,
	reflect.TypeFor[*tcpip.ErrBroadcastDisabled]():            syscall.EACCES,
	reflect.TypeFor[*tcpip.ErrClosedForReceive]():             0, // end of file, see tryError
	reflect.TypeFor[*tcpip.ErrClosedForSend]():                syscall.EPIPE,
	reflect.TypeFor[*tcpip.ErrConnectStarted]():               syscall.EINPROGRESS,
	reflect.TypeFor[*tcpip.ErrConnectionAborted]():            syscall.ECONNABORTED,
	reflect.TypeFor[*tcpip.ErrConnectionRefused]():            syscall.ECONNREFUSED,
	reflect.TypeFor[*tcpip.ErrConnectionReset]():              syscall.ECONNRESET,
	reflect.TypeFor[*tcpip.ErrDestinationRequired]():          syscall.EDESTADDRREQ,
	reflect.TypeFor[*tcpip.ErrDuplicateAddress]():             syscall.EEXIST,
	reflect.TypeFor[*tcpip.ErrDuplicateNICID]():               syscall.EEXIST,
	reflect.TypeFor[*tcpip.ErrEndpointBusy]():                 syscall.EBUSY,
	reflect.TypeFor[*tcpip.ErrHostDown]():                     syscall.EHOSTDOWN,
	reflect.TypeFor[*tcpip.ErrHostUnreachable]():              syscall.EHOSTUNREACH,
	reflect.TypeFor[*tcpip.ErrInvalidEndpointState]():         syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrInvalidNICID]():                 syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrInvalidOptionValue]():           syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrInvalidPortRange]():             syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrMalformedHeader]():              syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrMessageTooLong]():               syscall.EMSGSIZE,
	reflect.TypeFor[*tcpip.ErrMissingRequiredFields]():        syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrMulticastInputCannotBeOutput](): syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrNetworkUnreachable]():           syscall.ENETUNREACH,
	reflect.TypeFor[*tcpip.ErrNoBufferSpace]():                syscall.ENOBUFS,
	reflect.TypeFor[*tcpip.ErrNoNet]():                        syscall.ENETUNREACH, // ENONET exists on Linux only
	reflect.TypeFor[*tcpip.ErrNoPortAvailable]():              syscall.EADDRNOTAVAIL,
	reflect.TypeFor[*tcpip.ErrNoSuchFile]():                   syscall.ENOENT,
	reflect.TypeFor[*tcpip.ErrNotConnected]():                 syscall.ENOTCONN,
	reflect.TypeFor[*tcpip.ErrNotPermitted]():                 syscall.EPERM,
	reflect.TypeFor[*tcpip.ErrNotSupported]():                 syscall.EOPNOTSUPP,
	reflect.TypeFor[*tcpip.ErrPortInUse]():                    syscall.EADDRINUSE,
	reflect.TypeFor[*tcpip.ErrQueueSizeNotSupported]():        syscall.ENOTTY,
	reflect.TypeFor[*tcpip.ErrTimeout]():                      syscall.ETIMEDOUT,
	reflect.TypeFor[*tcpip.ErrUnknownDevice]():                syscall.ENODEV,
	reflect.TypeFor[*tcpip.ErrUnknownNICID]():                 syscall.ENODEV,
	reflect.TypeFor[*tcpip.ErrUnknownProtocol]():              syscall.EINVAL,
	reflect.TypeFor[*tcpip.ErrUnknownProtocolOption]():        syscall.ENOPROTOOPT,
	reflect.TypeFor[*tcpip.ErrWouldBlock]():                   syscall.EAGAIN,
}

// errnoOf looks a stack error up in the table. One that the table lacks, in
// a later version of the stack, answers EIO.
func errnoOf(err tcpip.Error) syscall.Errno {
	if errno, ok := errnos[reflect.TypeOf(err)]; ok && errno != 0 {
		return errno
	}
	return syscall.EIO
}

// tryError is what a Try method answers for a stack error: EAGAIN, io.EOF or
// another syscall.Errno. nil stays nil.
func tryError(err tcpip.Error) error {
	switch err.(type) {
	case nil:
		return nil
	case *tcpip.ErrWouldBlock:
		return errAgain
	case *tcpip.ErrClosedForReceive:
		return io.EOF
	}
	return errnoOf(err)
}

// connectErrno translates what connect(2) answers at once. The stack says
// "no route to host" where Linux has no route at all: ENETUNREACH
// (ip_route_connect); EHOSTUNREACH comes from the network, later.
func connectErrno(err tcpip.Error) syscall.Errno {
	if _, ok := err.(*tcpip.ErrHostUnreachable); ok {
		return syscall.ENETUNREACH
	}
	return errnoOf(err)
}

// connectUDPErrno is connectErrno for UDP, where Linux calls an exhausted port
// range EAGAIN (inet_autobind).
func connectUDPErrno(err tcpip.Error) syscall.Errno {
	if _, ok := err.(*tcpip.ErrNoPortAvailable); ok {
		return syscall.EAGAIN
	}
	return connectErrno(err)
}

// bindErrno translates what bind(2) answers: Linux calls an exhausted port
// range EADDRINUSE there and EADDRNOTAVAIL in connect(2); see ip(7).
func bindErrno(err tcpip.Error) syscall.Errno {
	if _, ok := err.(*tcpip.ErrNoPortAvailable); ok {
		return syscall.EADDRINUSE
	}
	return errnoOf(err)
}

// sysError names the system call in an errno, as package os does, and leaves
// every other error as it is.
func sysError(call string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		return os.NewSyscallError(call, errno)
	}
	return err
}

// opError wraps err as package net does. nil and io.EOF stay bare.
func opError(op, network string, source, addr net.Addr, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: err}
}

// ErrSystemLimit is the error of a socket call beyond Config.SocketsMax.
// errors.Is holds for it with syscall.ENFILE and syscall.EMFILE, and its
// Temporary method answers true, so that servers such as net/http's back off
// and accept again.
var ErrSystemLimit error = limitError{}

type limitError struct{}

func (limitError) Error() string {
	return "system limit: too many open sockets (raise Config.SocketsMax or close some)"
}
func (limitError) Timeout() bool   { return false }
func (limitError) Temporary() bool { return true }
func (limitError) Is(target error) bool {
	return target == syscall.ENFILE || target == syscall.EMFILE
}

// errTimeout and errCanceled are how a context ends a call. They print as in
// package net and answer to the names of both worlds.
var (
	errTimeout  error = timeoutError{}
	errCanceled error = canceledError{}
)

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
func (timeoutError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || target == context.DeadlineExceeded
}

type canceledError struct{}

func (canceledError) Error() string        { return "operation was canceled" }
func (canceledError) Is(target error) bool { return target == context.Canceled }

var (
	_ net.Error = limitError{}
	_ net.Error = timeoutError{}
)
