package main

import "github.com/spf13/cobra"

// The exit codes besides 0; newExitCodes explains them to users.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitEnvironment = 3
	exitOutputGone  = 141
)

// usageError is a mistake on the command line.
type usageError struct {
	command string
	err     error
}

func (e usageError) Error() string { return e.err.Error() }

func (e usageError) Unwrap() error { return e.err }

// usage marks err as a mistake on the command line of c.
func usage(c *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return usageError{c.CommandPath(), err}
}

// environmentError is something that the machine lacks.
type environmentError struct{ err error }

func (e environmentError) Error() string { return e.err.Error() }

func (e environmentError) Unwrap() error { return e.err }

// newExitCodes returns the help topic exit-codes.
func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `0    The command did what it was asked for. Ctrl-C ends serve and ping this way,
     and listen and connect if the other side finishes in time.
1    It failed: a connection was refused, reset or timed out, a port was in use,
     no ping was answered, the device was deleted, bench compare has found a
     loss.
2    Wrong usage: an unknown command or flag, an address, a port or an MTU that
     cannot be, a file that bench can neither read nor write. Nothing has been
     opened.
3    The machine lacks something: a TUN device or the right to make one, a
     directory, a place for the control socket, a running serve. The message
     says what to do.
130  The second Ctrl-C, where the shell reports signals this way.
141  Whoever read the standard output has ended, as head does. Nothing is said.`,
	}
}
