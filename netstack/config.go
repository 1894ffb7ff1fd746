package netstack

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"time"
)

// Config says what a stack is made of. It is passed by value; zero fields mean
// the documented defaults.
type Config struct {
	// Name is the host's name in logs, snapshots and scheduling. "" means
	// "stack".
	Name string

	// Interfaces are the stack's links. None means loopback only: 127.0.0.0/8
	// and ::1 are always there.
	Interfaces []Interface

	// Routes is the routing table for what is neither loopback nor an
	// address of the stack. nil means the on-link routes of the addresses
	// plus, for each family, a default route through the first interface
	// that has an address of it. Not nil but empty means no routes.
	Routes []Route

	// TCP holds the settings of TCP.
	TCP TCPConfig

	// SocketsMax bounds the sockets in the application's hands: listeners,
	// dials in progress, connections handed out, packet sockets. Half-open
	// connections, those waiting to be accepted and those in TIME-WAIT do
	// not count. 0 means 65536, negative no limit.
	SocketsMax int

	// Resolver resolves names in DialContext and the like. nil makes a name
	// an error that says so.
	Resolver Resolver

	// FallbackDelay is how long DialContext tries the addresses of one family
	// of a name before it tries those of the other one beside them (RFC 8305),
	// as net.Dialer does. 0 means 300 ms; negative means that all addresses
	// are tried one after the other.
	FallbackDelay time.Duration

	// Logger gets a record for what an operator wants to know (a link that
	// died). nil is silent.
	Logger *slog.Logger

	// Clock, Entropy and Scheduler are the seams for simulators; see their
	// types. nil means the system's clock, the system's random source and
	// Go's own scheduler. Entropy is read by several goroutines, one at a
	// time. A read that fails makes New fail; later the stack goes on with
	// the system's source and logs that.
	Clock     Clock
	Entropy   io.Reader
	Scheduler Scheduler
}

// Interface joins a Link to the stack.
type Interface struct {
	// Name appears in routes and statistics. "" means "eth" and the place in
	// Config.Interfaces: "eth0", "eth1". "lo" is taken by the loopback.
	Name string

	// Link is the interface's link. The stack owns it from New on, also
	// when New fails, and closes it.
	Link Link

	// Addresses are the interface's own addresses, each with the length of
	// the prefix that is on its link. IPv6 needs an MTU of at least 1280.
	Addresses []netip.Prefix
}

// Route sends packets to Destination out of an interface.
type Route struct {
	// Destination is the prefix that the route is for; host bits must be 0.
	Destination netip.Prefix

	// Gateway is kept for information: on a point-to-point link every packet
	// reaches the far side whatever the gateway. The zero value means that
	// the destination is on the link.
	Gateway netip.Addr

	// Interface is the name of the interface. "" means the first one that has
	// an address of the destination's family.
	Interface string
}

// Resolver resolves host names. *net.Resolver is one; with PreferGo and a Dial of
// its own it may dial through the very stack that it serves. It reads the
// system's resolv.conf and hosts file, and asks the system's routes, not the
// stack's, in which order addresses are to be tried.
type Resolver interface {
	// LookupNetIP returns the addresses of host; network is "ip", "ip4" or
	// "ip6".
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}
