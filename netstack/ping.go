package netstack

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// PingOptions are the settings of one echo request.
type PingOptions struct {
	// ID and Sequence are the request's identifier and sequence number (RFC
	// 792, RFC 4443). ID 0 means one that no other ping uses.
	ID, Sequence uint16

	// PayloadBytes is the length of the data sent along. 0 means 56, as
	// ping(8) has it; negative means none; at most 65,507.
	PayloadBytes int

	// TTL is the request's time to live, 1 to 255. 0 means the stack's
	// default, 64.
	TTL int
}

// PingReply is what came back.
type PingReply struct {
	From         netip.Addr    // the address that answered
	Sequence     uint16        // of the request
	PayloadBytes int           // data that came back
	TTL          int           // time to live or hop limit of the reply
	RTT          time.Duration // on the stack's clock
}

const (
	payloadBytesDefault = 56
	payloadBytesMax     = 65507
	echoHeaderBytes     = header.ICMPv4MinimumSize // type, code, checksum, identifier, sequence
)

// pinger is the socket of one Ping.
type pinger struct {
	h       handle
	failure atomic.Pointer[ICMPError] // what says that no answer will come
}

var _ socket = (*pinger)(nil)

func (p *pinger) endStack(err error) { p.h.close(err, true) }
func (p *pinger) isListener() bool   { return false }

// Ping sends one ICMP echo request to the address and waits for the reply, for
// an ICMP error about the request (unreachable, time exceeded), or for the end
// of ctx, which is the only timeout. A reply that comes twice counts once. The
// errors are *net.OpError; errors.As finds the *ICMPError in that of an ICMP
// error.
func (s *Stack) Ping(ctx context.Context, to netip.Addr, opts PingOptions) (PingReply, error) {
	if err := s.enter(ctx, OpDial); err != nil {
		return PingReply{}, err
	}
	reply, err := s.ping(ctx, to.Unmap(), opts)
	if err != nil {
		return PingReply{}, opError("ping", "ip", nil, &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()}, err)
	}
	return reply, nil
}

func (s *Stack) ping(ctx context.Context, to netip.Addr, opts PingOptions) (PingReply, error) {
	if err := opts.check(to); err != nil {
		return PingReply{}, err
	}
	if opts.PayloadBytes == 0 {
		opts.PayloadBytes = payloadBytesDefault
	}
	p, err := s.openPing(to, opts)
	if err != nil {
		return PingReply{}, err
	}
	defer p.h.close(net.ErrClosed, false)
	id := p.echoID(opts.Sequence)
	s.pings.add(id, p)
	defer s.pings.remove(id)
	request := opts.request(to)
	sent := s.clock.Now()
	if err := p.send(ctx, request); err != nil {
		return PingReply{}, err
	}
	reply := PingReply{Sequence: opts.Sequence}
	err = p.h.in.do(ctx, func() error { return p.tryReceive(request, &reply) })
	reply.RTT = s.clock.Now().Sub(sent)
	return reply, sysError(callRecv, err)
}

func (o PingOptions) check(to netip.Addr) error {
	switch {
	case !to.IsValid() || to.IsUnspecified():
		return &net.AddrError{Err: "ping needs the address of a host", Addr: to.String()}
	case o.PayloadBytes > payloadBytesMax:
		return fmt.Errorf("PingOptions.PayloadBytes is %d: %w: give at most %d", o.PayloadBytes, syscall.EMSGSIZE, payloadBytesMax)
	case o.TTL < 0 || o.TTL > 255:
		return fmt.Errorf("PingOptions.TTL is %d: %w: give 1 to 255, or 0 for the default", o.TTL, syscall.EINVAL)
	}
	return checkZone(to)
}

// openPing opens an ICMP socket connected to the address.
func (s *Stack) openPing(to netip.Addr, opts PingOptions) (*pinger, error) {
	if err := s.acquireSocket(); err != nil {
		return nil, err
	}
	transport := icmp.ProtocolNumber4
	if to.Is6() {
		transport = icmp.ProtocolNumber6
	}
	queue := new(waiter.Queue)
	ep, terr := s.gs.NewEndpoint(transport, networkProtocol(to), queue)
	if terr != nil {
		s.releaseSocket()
		return nil, sysError(callSocket, errnoOf(terr))
	}
	p := new(pinger)
	if err := p.h.open(s, p, "ip", ep, queue); err != nil {
		return nil, err
	}
	if err := p.start(to, opts); err != nil {
		err = p.h.in.blame(err)
		p.h.close(net.ErrClosed, false)
		return nil, err
	}
	return p, nil
}

func (p *pinger) start(to netip.Addr, opts PingOptions) error {
	ep := p.h.ep
	ep.SocketOptions().SetReceiveTTL(true)
	ep.SocketOptions().SetReceiveHopLimit(true)
	if opts.TTL != 0 {
		ep.SetSockOptInt(tcpip.IPv4TTLOption, opts.TTL)
		ep.SetSockOptInt(tcpip.IPv6HopLimitOption, opts.TTL)
	}
	if opts.ID != 0 {
		if terr := ep.Bind(tcpip.FullAddress{Port: opts.ID}); terr != nil {
			return sysError(callBind, bindErrno(terr))
		}
	}
	if terr := ep.Connect(fullAddress(netip.AddrPortFrom(to, 0))); terr != nil {
		return sysError(callConnect, connectErrno(terr))
	}
	return nil
}

// echoID is how an ICMP error names the request.
func (p *pinger) echoID(sequence uint16) echoID {
	id := echoID{sequence: sequence}
	if f, err := p.h.ep.GetLocalAddress(); err == nil {
		id.local, id.id = f.Addr, f.Port
	}
	if f, err := p.h.ep.GetRemoteAddress(); err == nil {
		id.remote = f.Addr
	}
	return id
}

// request is the echo request; the stack fills in identifier and checksum.
func (o PingOptions) request(to netip.Addr) []byte {
	b := make([]byte, echoHeaderBytes+max(o.PayloadBytes, 0))
	b[0] = byte(header.ICMPv4Echo)
	if to.Is6() {
		b[0] = byte(header.ICMPv6EchoRequest)
	}
	binary.BigEndian.PutUint16(b[6:], o.Sequence)
	for i := range b[echoHeaderBytes:] {
		b[echoHeaderBytes+i] = byte(i)
	}
	return b
}

func (p *pinger) send(ctx context.Context, request []byte) error {
	err := p.h.out.do(ctx, func() error {
		_, terr := p.h.ep.Write(bytes.NewReader(request), tcpip.WriteOptions{})
		return tryError(terr)
	})
	return sysError(callSend, err)
}

// tryReceive reads replies until one answers the request. The endpoint gets
// those with its own identifier only. Without a reply an ICMP error is the
// answer.
func (p *pinger) tryReceive(request []byte, reply *PingReply) error {
	for {
		var got bytes.Buffer
		res, terr := p.h.ep.Read(&got, tcpip.ReadOptions{NeedRemoteAddr: true})
		if terr != nil {
			err := tryError(terr)
			if failure := p.failure.Load(); failure != nil && err == errAgain {
				return failure
			}
			return err
		}
		b := got.Bytes()
		if len(b) < echoHeaderBytes || !bytes.Equal(b[6:], request[6:]) {
			continue
		}
		reply.From = addrPort(res.RemoteAddr, netip.Addr{}).Addr()
		reply.PayloadBytes = len(b) - echoHeaderBytes
		reply.TTL = int(res.ControlMessages.TTL)
		if res.ControlMessages.HasHopLimit {
			reply.TTL = int(res.ControlMessages.HopLimit)
		}
		return nil
	}
}
