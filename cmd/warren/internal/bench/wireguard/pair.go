package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"

	"golang.zx2c4.com/wireguard/tun"
	"golang.zx2c4.com/wireguard/tun/netstack"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// spec is what warren bench asks for.
type spec struct {
	MTU int `json:"mtu"`
}

// pair dials from one netstack and listens on the other.
type pair struct {
	driving, serving *netstack.Net
}

var _ task.Network = (*pair)(nil)

var (
	drivingAddr = netip.MustParseAddr("10.0.0.1")
	servingAddr = netip.MustParseAddr("10.0.0.2")
)

// offset is the room that Read leaves before a packet, for a cipher's header.
const offset = 16

func readSpec(raw json.RawMessage) (s spec, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, err
	}
	if s.MTU < 576 || s.MTU > 65535 {
		return s, fmt.Errorf("mtu %d: cannot be: give 576 to 65535", s.MTU)
	}
	return s, nil
}

// open makes the pair.
func open(raw json.RawMessage) (task.Network, io.Closer, error) {
	s, err := readSpec(raw)
	if err != nil {
		return nil, nil, err
	}
	near, driving, err := netstack.CreateNetTUN([]netip.Addr{drivingAddr}, nil, s.MTU)
	if err != nil {
		return nil, nil, err
	}
	far, serving, err := netstack.CreateNetTUN([]netip.Addr{servingAddr}, nil, s.MTU)
	if err != nil {
		return nil, nil, errors.Join(err, near.Close())
	}
	go carry(near, far, s.MTU)
	go carry(far, near, s.MTU)
	// The devices are not closed: a packet that is being sent would meet a
	// closed channel. The process ends with its network.
	return &pair{driving, serving}, nil, nil
}

// carry moves packets from one device to another, in batches as large as the
// first one gives them.
func carry(from, to tun.Device, mtu int) {
	batch := from.BatchSize()
	bufs, sizes := make([][]byte, batch), make([]int, batch)
	for i := range bufs {
		bufs[i] = make([]byte, offset+mtu)
	}
	packets := make([][]byte, 0, batch)
	for {
		n, err := from.Read(bufs, sizes, offset)
		if err != nil {
			return
		}
		packets = packets[:0]
		for i := range n {
			packets = append(packets, bufs[i][:offset+sizes[i]])
		}
		if _, err := to.Write(packets, offset); err != nil {
			return
		}
	}
}

// DialContext implements task.Network.
func (p *pair) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return p.driving.DialContext(ctx, network, address)
}

// Listen implements task.Network. Whatever host the address has, it is the
// serving stack's.
func (p *pair) Listen(_ context.Context, _, address string) (net.Listener, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(servingAddr.String(), port))
	if err != nil {
		return nil, err
	}
	l, err := p.serving.ListenTCPAddrPort(at)
	if err != nil {
		return nil, err
	}
	return &gonetListener{TCPListener: l}, nil
}
