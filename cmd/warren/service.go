package main

import (
	"context"
	"net/netip"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
)

// service is what warren serve can serve.
type service interface {
	// listen opens a listener and returns its address. It is called once for
	// each address, before run.
	listen(ctx context.Context, network *attach.Network, local netip.AddrPort) (netip.AddrPort, error)

	// run serves until ctx ends, then lets its connections finish until late
	// ends. It returns when all of them have ended, nil if all had finished.
	run(ctx, late context.Context) error

	// info is what warren stat shows of the service.
	info() map[string]any

	// close gives back what listen has opened. It is called in any case, and
	// last.
	close() error
}
