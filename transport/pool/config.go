package pool

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// Handler serves one connection and owns it: tcp is the view of an owner that
// has the socket s and nothing else. When Handler returns or panics (see
// Config.HandlerRestartsMax) the owner ends, so s is closed and what has been
// sent is still delivered, unless the handler has handed s over: then it counts
// no longer and outlives the pool.
// ctx ends when the pool begins to drain: finish what is under way. When the
// drain's time is over the owner ends and calls of tcp answer
// transport.ErrClosed.
type Handler func(ctx context.Context, tcp *transport.TCP, s *transport.Socket)

// Config describes a pool. Node and Handler are required, all else has a
// default.
type Config struct {
	// Name is for logs and the names of owners; "" means "pool".
	Name string
	// Node is where the pool and its handlers have their owners, and whose
	// scheduler the pool obeys.
	Node *transport.Node
	// Handler serves each connection.
	Handler Handler

	// Port is where the pool listens; 0 means a free port. The option port
	// overrides it.
	Port int
	// Options are those of the listener and, by inheritance, of its
	// connections; they come after Defaults, so they win. The keyword forms
	// of Keywords are understood.
	Options []transport.Option
	// Listener is a listener of Node that is open already; its owner hands
	// it over to the pool, which closes it in the end. It keeps its options,
	// so Port and Options must be left zero.
	Listener *transport.Socket

	// Acceptors is how many goroutines accept. 0 means 10.
	Acceptors int
	// ConnectionsMax is how many connections are served at a time. At the
	// limit acceptors pause and connections wait in the backlog. 0 means
	// 1024, negative no limit.
	ConnectionsMax int
	// RestartsMax is how often one acceptor is restarted without having
	// accepted a connection in between. Beyond it the pool ends with the
	// acceptor's error. 0 means 100, which takes more than a minute;
	// negative no limit. Want of sockets, descriptors or memory does not
	// count: however long it lasts, the acceptor tries again each second.
	RestartsMax int
	// HandlerRestartsMax is how often the handler of one connection is
	// started again after a panic, with the same owner and socket, while the
	// socket is open and the pool does not drain. 0 means never: the owner
	// ends and with it the socket, as with any process that owned one. A
	// handler that is to be restarted must be able to pick up a conversation
	// in the middle. Negative is refused.
	HandlerRestartsMax int

	// Logger gets panics of handlers and restarts of acceptors; nil is
	// silent.
	Logger *slog.Logger
}

const (
	acceptorsDefault      = 10
	connectionsMaxDefault = 1024
	restartsMaxDefault    = 100
)

// The pause before an acceptor's first restart, and the longest: it doubles.
const (
	backoffFirst = 5 * time.Millisecond
	backoffLast  = time.Second
)

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = "pool"
	}
	if c.Acceptors == 0 {
		c.Acceptors = acceptorsDefault
	}
	if c.ConnectionsMax == 0 {
		c.ConnectionsMax = connectionsMaxDefault
	}
	if c.RestartsMax == 0 {
		c.RestartsMax = restartsMaxDefault
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Node == nil:
		return refused("Node", "nil", "give the node whose network listens")
	case c.Handler == nil:
		return refused("Handler", "nil", "give the function that serves a connection")
	case c.Acceptors < 0:
		return refused("Acceptors", c.Acceptors, "give a positive number, or 0 for 10")
	case c.HandlerRestartsMax < 0:
		return refused("HandlerRestartsMax", c.HandlerRestartsMax, "give how often a handler may start again, or 0 for never")
	case c.Listener != nil && c.Port != 0:
		return refused("Port", c.Port, "leave it 0, since Listener is open already")
	case c.Listener != nil && len(c.Options) > 0:
		return refused("Options", c.Options, "set them with SetOpts, since Listener is open already")
	}
	return nil
}

// refused names a field of Config, its value and the remedy.
func refused(field string, value any, remedy string) error {
	return fmt.Errorf("pool: Config.%s = %v: %s: %w", field, value, remedy, transport.ErrBadArg)
}
