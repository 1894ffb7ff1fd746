package main

import (
	"context"
	"errors"
	"net/netip"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
)

// service is what warren serve can serve.
type service interface {
	// listen opens a listener and returns its address. It is called once for
	// each address, before run.
	listen(ctx context.Context, network *attach.Network, local netip.AddrPort) (netip.AddrPort, error)

	// run serves until ctx ends, then lets its connections finish until late
	// ends, and cuts those that have not. It returns when all have ended: nil
	// if all had finished, an error that is errCut if not, and any other if
	// it could not go on serving.
	run(ctx, late context.Context) error

	// info is what warren stat shows of the service.
	info() map[string]any

	// close gives back what listen has opened. It is called in any case, and
	// last.
	close() error
}

// errCut says that the drain was too short.
var errCut = errors.New("connections were still open and have been cut")
