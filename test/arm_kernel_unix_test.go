//go:build linux || darwin || freebsd

package test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"

	"github.com/seed-731cb71d/warren/test/netns"
	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/transport"
)

// kernelArms is the arm of the operating system's own sockets: the contract on
// transport.Kernel, peers of package net. A range of four ports must not be
// shared with the other programs of the machine, so those scenarios get a
// network namespace of their own.
func kernelArms() []testArm { return []testArm{{&kernelArm{}, here, netns.Run}} }

type kernelArm struct {
	worlds atomic.Uint32
}

func (*kernelArm) Name() string { return "kernel" }

// Open gives each scenario loopback addresses of its own where the system has
// them (all of 127/8 on Linux), so that scenarios do not meet in one port.
func (a *kernelArm) Open(needs vectors.Needs) (vectors.World, error) {
	network, err := transport.NewKernel(transport.KernelConfig{
		PortRange: [2]uint16{needs.PortFirst, needs.PortLast},
	})
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, &vectors.Unable{Why: "needs a kernel with IP_LOCAL_PORT_RANGE (Linux 6.3) for an exact range of ephemeral ports"}
	}
	if err != nil {
		return nil, err
	}
	node, err := transport.NewNode(transport.Config{Network: network, SocketsMax: needs.SocketsMax})
	if err != nil {
		return nil, err
	}
	return &kernelWorld{standIns: a.addresses(), node: node}, nil
}

func (a *kernelArm) addresses() standIns {
	if runtime.GOOS != "linux" {
		return standIns{}
	}
	n := a.worlds.Add(1)
	addr := func(last byte) netip.Addr {
		return netip.AddrFrom4([4]byte{127, 1 + byte(n>>8)%254, byte(n), last})
	}
	return standIns{local1: addr(1), local2: addr(2), local3: addr(3)}
}

type kernelWorld struct {
	standIns
	node *transport.Node
}

func (w *kernelWorld) Node() *transport.Node { return w.node }

func (*kernelWorld) Clock() vectors.Clock { return vectors.WallClock{} }

// Settle has nothing to wait for: loopback is one call through the kernel.
func (*kernelWorld) Settle() {}

func (w *kernelWorld) Close() error { return w.node.Close() }

func (w *kernelWorld) DialPeer(ctx context.Context, remote netip.AddrPort, recvBuffer int) (vectors.Peer, error) {
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return setRecvBuffer(c, recvBuffer)
	}}
	if remote.Addr().Is4() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(w.StandIn(local1), 0))
	}
	conn, err := dialer.DialContext(ctx, "tcp", remote.String())
	if err != nil {
		return nil, err
	}
	return kernelPeer{conn.(*net.TCPConn)}, nil
}

// setRecvBuffer sets the receive buffer before the handshake, which fixes the
// scale of the window.
func setRecvBuffer(c syscall.RawConn, size int) error {
	if size == 0 {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size)
	})
	return errors.Join(err, failed)
}

// kernelPeer is a peer on a kernel socket.
type kernelPeer struct{ *net.TCPConn }

func (p kernelPeer) Abort() error {
	if err := p.SetLinger(0); err != nil {
		return err
	}
	return p.Close()
}
