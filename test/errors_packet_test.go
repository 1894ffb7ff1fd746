//go:build linux && !android

package test

import (
	"context"
	"net"
	"testing"
	"time"
)

// packet is a UDP socket of the arm, not connected.
func (arm errorArm) packet(t *testing.T) net.PacketConn {
	t.Helper()
	p, err := arm.listenPacket("udp", net.JoinHostPort(arm.host4, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// connected is a UDP socket connected to address.
func (arm errorArm) connected(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := arm.dial(context.Background(), errorDial{}, "udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var packetErrorCases = []errorCase{
	{"message too long", func(t *testing.T, arm errorArm) error {
		_, err := arm.connected(t, arm.packet(t).LocalAddr().String()).Write(make([]byte, 65508))
		return err
	}},
	{"message too long to a given address", func(t *testing.T, arm errorArm) error {
		p := arm.packet(t)
		_, err := p.WriteTo(make([]byte, 65508), p.LocalAddr())
		return err
	}},
	{"refused datagram", func(t *testing.T, arm errorArm) error {
		gone := arm.packet(t)
		gone.Close()
		c := arm.connected(t, gone.LocalAddr().String())
		write(c)
		return read(c)
	}},
	{"datagram without a destination", func(t *testing.T, arm errorArm) error {
		return write(arm.packet(t).(net.Conn))
	}},
	{"destination of a connected socket", func(t *testing.T, arm errorArm) error {
		p := arm.packet(t)
		c := arm.connected(t, p.LocalAddr().String())
		_, err := c.(net.PacketConn).WriteTo([]byte("x"), p.LocalAddr())
		return err
	}},
	{"destination of another kind", func(t *testing.T, arm errorArm) error {
		_, err := arm.packet(t).WriteTo([]byte("x"), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		return err
	}},
	{"UDP port in use", func(t *testing.T, arm errorArm) error {
		_, err := arm.listenPacket("udp", arm.packet(t).LocalAddr().String())
		return err
	}},
	{"UDP address not ours", func(_ *testing.T, arm errorArm) error {
		_, err := arm.listenPacket("udp", net.JoinHostPort(arm.elsewhere, "0"))
		return err
	}},
	{"UDP read deadline", func(t *testing.T, arm errorArm) error {
		p := arm.packet(t)
		p.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, _, err := p.ReadFrom(make([]byte, 1))
		return err
	}},
	{"UDP closed while reading", func(t *testing.T, arm errorArm) error {
		p := arm.packet(t)
		later(func() { p.Close() })
		_, _, err := p.ReadFrom(make([]byte, 1))
		return err
	}},
	{"UDP write after close", func(t *testing.T, arm errorArm) error {
		p := arm.packet(t)
		p.Close()
		_, err := p.WriteTo([]byte("x"), p.LocalAddr())
		return err
	}},
	{"UDP closed twice", func(t *testing.T, arm errorArm) error {
		p := arm.packet(t)
		p.Close()
		return p.Close()
	}},
}
