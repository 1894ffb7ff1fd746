package attach

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/tun"
)

// Network is a stack attached to a device. It must be closed.
type Network struct {
	// Stack answers for the addresses of Config.
	Stack *netstack.Stack

	// Device is the name of the TUN device and MTU its MTU in bytes.
	Device string
	MTU    int

	// Offload says why the kernel does not cut, join and sum TCP segments for
	// the stack; nil if it does.
	Offload error

	// Host are the kernel's addresses on the device.
	Host []netip.Prefix

	// Commands are what is left to an administrator, on systems whose
	// devices package tun does not configure; none on Linux.
	Commands []string
}

// Open opens the device, gives the kernel's end its addresses, and starts a
// stack on the other end. A device made before keeps what it has, so one that
// root has prepared needs no rights. Names are resolved by the operating
// system. When Open fails nothing stays open.
func Open(c Config) (*Network, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	var present []netip.Prefix
	if c.Device != "" {
		present = presentAddresses(c.Device)
	}
	host, err := c.planHost(present)
	if err != nil {
		return nil, err
	}
	ask, commands := host.forSystem(runtime.GOOS, c.Addresses)
	dev, err := tun.Open(tun.Config{Name: c.Device, MTU: c.MTU, Addresses: ask.addresses, Routes: ask.routes, Offload: c.Offload})
	if err != nil {
		return nil, explain(err)
	}
	// The kernel takes what is written to a TUN device without waiting for a
	// reader, so no queue is needed before it.
	link, err := netstack.NewDeviceLink(dev, netstack.DeviceConfig{QueueMax: -1})
	if err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	stack, err := netstack.New(netstack.Config{
		Name:       "warren",
		Interfaces: []netstack.Interface{{Name: dev.Name(), Link: link, Addresses: c.Addresses}},
		Resolver:   net.DefaultResolver,
		// As package net does: a client that vanishes must not keep its place.
		TCP: netstack.TCPConfig{KeepAlive: net.KeepAliveConfig{Enable: true}},
	})
	if err != nil {
		return nil, err
	}
	plain := dev.Offload()
	if plain != nil {
		plain = explain(plain)
	}
	return &Network{
		Stack:    stack,
		Device:   dev.Name(),
		MTU:      dev.MTU(),
		Offload:  plain,
		Host:     presentAddresses(dev.Name()),
		Commands: commands(dev.Name()),
	}, nil
}

// Drain lets the stack send what it still has to say and closes it; when ctx
// ends first it is closed at once, and Drain returns ctx.Err().
func (n *Network) Drain(ctx context.Context) error { return n.Stack.Shutdown(ctx) }

// Close ends the stack now: connections are reset, and the device is given
// back. It is idempotent.
func (n *Network) Close() error { return n.Stack.Close() }
