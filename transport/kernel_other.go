//go:build !linux && !darwin && !freebsd

package transport

import (
	"context"
	"errors"
)

// kernelPoller has nothing to watch where there are no kernel sockets.
type kernelPoller struct{}

// Listen answers errors.ErrUnsupported on this system.
func (n *kernelNetwork) Listen(context.Context, ListenSpec) (NetListener, error) {
	return nil, errors.ErrUnsupported
}

// Dial answers errors.ErrUnsupported on this system.
func (n *kernelNetwork) Dial(context.Context, DialSpec) (NetConn, error) {
	return nil, errors.ErrUnsupported
}

func checkPortRange([2]uint16) error { return errors.ErrUnsupported }
