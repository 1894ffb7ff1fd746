package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

func main() {
	worker.RunIfAsked() // of warren bench
	// Whoever reads our output may end before we do. That must not kill us
	// with a device and a control socket left behind: the write fails. The
	// signal is caught, not ignored, because children inherit the latter.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	context.AfterFunc(ctx, stop) // the second Ctrl-C quits at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// endings are the signals that end a command in order. Under nohup the end of
// the terminal is not one of them.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// run executes one command line and returns the exit code. Errors go to
// stderr as one line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if isOutputGone(err) {
		return exitOutputGone // as other programs end: there is nothing to explain
	}
	if child := childEnded(0); errors.As(err, &child) {
		return int(child)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(stderr, "warren: %v\n", err)
	if usage := (usageError{}); errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", usage.command)
		return exitUsage
	}
	if errors.As(err, new(environmentError)) {
		return exitEnvironment
	}
	return exitFailure
}

// isOutputGone reports whether the reader of the standard output has ended.
// A connection's broken pipe names no file.
func isOutputGone(err error) bool {
	var file *fs.PathError
	return errors.As(err, &file) && file.Path == os.Stdout.Name() && errors.Is(file, syscall.EPIPE)
}
