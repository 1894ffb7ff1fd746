package netstack

import (
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// portCounts count the calls that got no port. The stack below counts them
// for TCP alone, and makes no difference between a range that has no free
// port and one port that is taken.
type portCounts struct {
	tcp, udp portCount
}

// portCount counts for one protocol.
type portCount struct {
	exhausted atomic.Uint64 // no port was free
	inUse     atomic.Uint64 // the one that was asked for is taken
}

// failed looks at the error of a bind or a connect.
func (c *portCount) failed(err tcpip.Error) {
	switch err.(type) {
	case *tcpip.ErrNoPortAvailable:
		c.exhausted.Add(1)
	case *tcpip.ErrPortInUse:
		c.inUse.Add(1)
	}
}

// failedConnect is failed for a connect: from a port that was bound before, an
// address that is not free means that there is this very connection already.
func (c *portCount) failedConnect(err tcpip.Error) {
	if _, ok := err.(*tcpip.ErrBadLocalAddress); ok {
		c.inUse.Add(1)
	}
	c.failed(err)
}

// claimed looks at the error of Listener.claim.
func (c *portCount) claimed(err error) {
	if err == syscall.EADDRINUSE {
		c.inUse.Add(1)
	}
}

func (c *portCount) load() (exhausted, inUse uint64) {
	return c.exhausted.Load(), c.inUse.Load()
}
