//go:build !android

package bed

import (
	"context"
	"errors"
	"io/fs"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// variant is a network of this package.
type variant struct {
	name string
	open func(ctx context.Context) (series.Bed, error)
}

var _ series.Variant = variant{}

// Name implements series.Variant.
func (v variant) Name() string { return v.name }

// Open implements series.Variant. What this machine lacks makes the variant
// unavailable and fails nothing.
func (v variant) Open(ctx context.Context) (series.Bed, error) {
	b, err := v.open(ctx)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errors.ErrUnsupported) {
		return nil, &series.Unavailable{Reason: err.Error()}
	}
	return b, err
}

// openVeth is the base: the kernel's own TCP between two namespaces.
func openVeth(o Options) (series.Bed, error) {
	a, b, err := newHosts(mtuVeth)
	if err != nil {
		return nil, err
	}
	p := &pairBed{
		hosts:   []*namespace.Namespace{a, b},
		driving: kernelSide(a, vethA.Addr().String(), o),
		serving: kernelSide(b, vethB.Addr().String(), o),
	}
	return p.pin(o.Pinned)
}

// openLoopback is the kernel's TCP within one namespace.
func openLoopback(o Options) (series.Bed, error) {
	a, err := newHost("a")
	if err != nil {
		return nil, err
	}
	k := kernelSide(a, "127.0.0.1", o)
	p := &pairBed{hosts: []*namespace.Namespace{a}, driving: k, serving: k}
	return p.pin(o.Pinned)
}

// openTunnel is the stack on a TUN device whose other end is the kernel's.
// accepting makes the kernel the side that dials. A device that cannot be opened
// as the Spec asks makes the variant unavailable.
func openTunnel(ctx context.Context, s Spec, o Options, accepting bool) (series.Bed, error) {
	a, err := newHost("a")
	if err != nil {
		return nil, err
	}
	kernel := kernelSide(a, tunKernel.Addr().String(), o)
	stack := side{host: a, kind: stackKind, spec: s, address: tunStack.Addr().String() + ":0", processor: -1}
	kernel.env, stack.env = s.environment(), s.environment()
	if err := stack.try(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	p := &pairBed{hosts: []*namespace.Namespace{a}, driving: stack, serving: kernel}
	if accepting {
		p.driving, p.serving = kernel, stack
	}
	return p.pin(s.Pinned)
}
