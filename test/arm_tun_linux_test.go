//go:build linux && !android

package test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/tun"
)

// tunArms is the userspace stack on a TUN device: the contract on the stack,
// the peers are the kernel's own TCP. It lives in a network namespace.
func tunArms() []testArm { return []testArm{{&tunArm{}, inTUNNamespace, here}} }

type tunArm struct {
	worlds atomic.Uint32
}

func (*tunArm) Name() string { return "tun" }

// Open gives each scenario a device and a network of its own.
func (a *tunArm) Open(needs vectors.Needs) (vectors.World, error) {
	n := a.worlds.Add(1)
	addr4 := func(last byte) netip.Addr {
		return netip.AddrFrom4([4]byte{10, 1 + byte(n>>8), byte(n), last})
	}
	addr6 := func(last byte) netip.Addr {
		return netip.AddrFrom16([16]byte{0: 0xfd, 2: byte(n >> 8), 3: byte(n), 15: last})
	}
	w := &tunWorld{stackWorld: &stackWorld{
		standIns: standIns{local1: addr4(1), local2: addr4(2), local3: addr4(3), local6: addr6(1)},
		peer4:    addr4(100), peer6: addr6(100),
	}}
	dev, err := tun.Open(tun.Config{
		Name:      fmt.Sprintf("vectors%d", n),
		Addresses: []netip.Prefix{onLink(w.peer4), onLink(w.peer6)},
	})
	if err != nil {
		return nil, err
	}
	link, err := netstack.NewDeviceLink(dev, netstack.DeviceConfig{QueueMax: -1})
	if err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	if err := w.open("tun", link, needs); err != nil {
		return nil, err
	}
	return w, nil
}

// tunWorld is a stack whose peers live in the kernel.
type tunWorld struct{ *stackWorld }

func (*tunWorld) DialPeer(ctx context.Context, remote netip.AddrPort, recvBuffer int) (vectors.Peer, error) {
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return setRecvBuffer(c, recvBuffer)
	}}
	conn, err := dialer.DialContext(ctx, "tcp", remote.String())
	if err != nil {
		return nil, err
	}
	return kernelPeer{conn.(*net.TCPConn)}, nil
}
