package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// The errors that have a word of their own in gen_tcp. All others are
// syscall.Errno values.
var (
	// ErrClosed is {error, closed}: closed here, or ended by the peer.
	// errors.Is(err, net.ErrClosed) holds for it.
	ErrClosed error = &reason{atom: "closed", is: net.ErrClosed}
	// ErrTimeout is {error, timeout}. It is a net.Error with Timeout true
	// and errors.Is(err, os.ErrDeadlineExceeded) holds for it.
	ErrTimeout error = &reason{atom: "timeout", is: os.ErrDeadlineExceeded}
	// ErrSystemLimit is {error, system_limit}: no socket left.
	ErrSystemLimit error = &reason{atom: "system_limit"}
	// ErrNotOwner is {error, not_owner}, from ControllingProcess only.
	ErrNotOwner error = &reason{atom: "not_owner"}
	// ErrBadArg is {error, badarg}, and what gen_tcp raises for malformed
	// arguments.
	ErrBadArg error = &reason{atom: "badarg"}
)

// reason is one of gen_tcp's own error atoms, with the standard library's
// error of the same meaning.
type reason struct {
	atom string
	is   error
}

func (r *reason) Error() string { return "transport: " + strings.ReplaceAll(r.atom, "_", " ") }

// Is makes errors.Is match the standard library's error of that meaning.
func (r *reason) Is(target error) bool { return r.is != nil && target == r.is }

// Timeout is part of net.Error.
func (r *reason) Timeout() bool { return r.atom == "timeout" }

// Temporary is part of net.Error.
func (r *reason) Temporary() bool { return r.atom == "timeout" }

// Reason returns gen_tcp's atom for err: "closed", "timeout",
// "system_limit", "not_owner", "badarg", or the lower-case POSIX name of a
// syscall.Errno ("einval", "eaddrinuse"). It is "" for nil and for an error
// that is none of these.
func Reason(err error) string {
	var r *reason
	if errors.As(err, &r) {
		return r.atom
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errnoAtom(errno)
	}
	return ""
}

// badArgument names an argument that is refused, its value and the remedy. It
// matches ErrBadArg.
func badArgument(name string, value any, remedy string) error {
	return fmt.Errorf("transport: %s %v is refused: %s: %w", name, value, remedy, ErrBadArg)
}

// isReset reports whether err is how a network tells that the peer has reset
// the connection.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// isEnd reports whether err is the orderly end of a stream.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}

// errNoSocket refuses a nil *Socket.
func errNoSocket() error {
	return badArgument("socket", "nil", "give one that Listen, Accept or Connect returned")
}
