package transport

import (
	"errors"
	"fmt"
	"syscall"
)

// OptionError says which option was refused, why, and what would be accepted.
// It unwraps to ErrBadArg (from Listen and Connect) or syscall.EINVAL (from
// SetOpts and GetOpts), so Reason answers "badarg" or "einval", and to
// errors.ErrUnsupported too where the option is known but not offered.
type OptionError struct {
	// Name is the option, Value what was given (nil for a bare option).
	Name  string
	Value any
	// Remedy is a clause: what to give, or to use, instead.
	Remedy string
	// Err is ErrBadArg or syscall.EINVAL.
	Err error
	// Unsupported tells a known option from a mistake.
	Unsupported bool
}

// Error names option, value and remedy.
func (e *OptionError) Error() string {
	what := "is refused"
	if e.Unsupported {
		what = "is not supported"
	}
	return fmt.Sprintf("transport: option %s %s: %s", Option{e.Name, e.Value}, what, e.Remedy)
}

// Unwrap lets errors.Is and Reason find the kind of error.
func (e *OptionError) Unwrap() []error {
	if e.Unsupported {
		return []error{e.Err, errors.ErrUnsupported}
	}
	return []error{e.Err}
}

// optionError returns the error for an option refused in a place.
func optionError(at place, o Option, remedy string) *OptionError {
	var err error = syscall.EINVAL
	if at&(placeListen|placeConnect) != 0 {
		err = ErrBadArg
	}
	return &OptionError{Name: o.Name, Value: o.Value, Remedy: remedy, Err: err}
}
