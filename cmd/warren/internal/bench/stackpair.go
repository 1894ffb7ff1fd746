package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/netstack"
)

// hostsCount is how many addresses the serving side has. One address has 28,232
// ephemeral ports, which would not do for the connections of a sample that rest
// in TIME-WAIT, nor for 100,000 idle ones.
const hostsCount = 8

// stackPair is a variant of two stacks on a netstack.Pipe. Each sample has two
// fresh ones, so that nothing of an earlier one, such as TIME-WAIT, is in its
// way.
type stackPair struct {
	name string
	mtu  int
}

var (
	_ series.Variant = stackPair{}
	_ series.Bed     = stackPair{}
)

// Name implements series.Variant.
func (p stackPair) Name() string { return p.name }

// Open implements series.Variant.
func (p stackPair) Open(context.Context) (series.Bed, error) { return p, nil }

// Close implements series.Bed.
func (p stackPair) Close() error { return nil }

// Run implements series.Bed.
func (p stackPair) Run(ctx context.Context, t task.Task) (r task.Result, err error) {
	near, far := netstack.Pipe(p.mtu)
	var hosts []netip.Prefix
	for i := range hostsCount {
		host := netip.AddrFrom4([4]byte{10, 0, 1, byte(i + 1)})
		hosts = append(hosts, netip.PrefixFrom(host, 8))
		t.Hosts = append(t.Hosts, host.String())
	}
	driving, err := newStack("driving", near, t, netip.MustParsePrefix("10.0.0.1/8"))
	if err != nil {
		return r, errors.Join(err, far.Close())
	}
	defer func() { err = errors.Join(err, driving.Close()) }()
	serving, err := newStack("serving", far, t, hosts...)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, serving.Close()) }()
	return task.Run(ctx, serving, driving, t.At("0.0.0.0:0"))
}

// newStack makes a stack with the default settings. Only for idle connections,
// which are to leave nothing behind, there is no TIME-WAIT.
func newStack(name string, link netstack.Link, t task.Task, addresses ...netip.Prefix) (*netstack.Stack, error) {
	c := netstack.Config{
		Name:       name,
		Interfaces: []netstack.Interface{{Link: link, Addresses: addresses}},
		SocketsMax: -1,
	}
	if t.Kind == task.Idle {
		c.TCP.TimeWait = -1
	}
	s, err := netstack.New(c)
	if err != nil {
		return nil, fmt.Errorf("%s stack: %w", name, err)
	}
	return s, nil
}
