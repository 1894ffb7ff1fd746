package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
)

// Limits of the server, so that idle and slow clients hold nothing for ever.
const (
	httpHeaderTimeout = 10 * time.Second
	httpIdleTimeout   = 2 * time.Minute
)

// newServeHTTP returns the command warren serve http.
func newServeHTTP() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "http DIR",
		Short: "Serve the files below a directory",
		Long: `Serves the files below DIR, with listings of its directories, to all who can
reach the stack. Symbolic links that lead out of DIR are not followed.`,
		Example: "  warren serve http --addr 10.7.0.2/24 .\n  curl http://10.7.0.2/",
		Args:    arguments(1, 1),

		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error {
			svc, err := openFiles(args[0])
			if err != nil {
				return environmentError{err}
			}
			return s.run(c, svc)
		},
	}
	s.add(c, "80")
	return c
}

// files serves a directory over HTTP.
type files struct {
	root      *os.Root
	server    http.Server
	listeners []net.Listener
	requests  atomic.Int64
}

var _ service = (*files)(nil)

// openFiles returns the service for a directory.
func openFiles(dir string) (*files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("DIR %q: %w: give a directory that you can read", dir, err)
	}
	f := &files{root: root}
	handler := http.FileServerFS(root.FS())
	f.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		handler.ServeHTTP(w, r)
	})
	f.server.ReadHeaderTimeout = httpHeaderTimeout
	f.server.IdleTimeout = httpIdleTimeout
	return f, nil
}

func (f *files) listen(ctx context.Context, network *attach.Network, local netip.AddrPort) (netip.AddrPort, error) {
	l, err := listenTCP(ctx, network.Stack, local)
	if err != nil {
		return netip.AddrPort{}, err
	}
	f.listeners = append(f.listeners, l)
	return l.AddrPort(), nil
}

// run serves each listener on a goroutine of its own. All of them end with
// Shutdown, or with the stack.
func (f *files) run(ctx, late context.Context) error {
	ended := make(chan error, len(f.listeners))
	for _, l := range f.listeners {
		go func() { ended <- f.server.Serve(l) }()
	}
	waiting := len(f.listeners)
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended: // a listener failed
		waiting--
	}
	if f.server.Shutdown(late) != nil {
		f.server.Close()
		err = errors.Join(err, errCut)
	}
	for range waiting {
		err = errors.Join(err, unlessClosed(<-ended))
	}
	return err
}

// unlessClosed forgets that the server was shut down.
func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (f *files) info() map[string]any {
	return map[string]any{"directory": f.root.Name(), "requests": f.requests.Load()}
}

func (f *files) close() error { return f.root.Close() }
