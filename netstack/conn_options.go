package netstack

import (
	"fmt"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// set runs a setter and wraps its error as *net.TCPConn does.
func (c *Conn) set(f func() tcpip.Error) error {
	err := c.h.control(func() error { return tryError(f()) })
	return c.opError(opSet, callSetsockopt, err)
}

// SetLinger is SO_LINGER: sec == 0 makes Close reset the connection and drop
// what was not sent; sec < 0, the default, and sec > 0 let the stack send it
// in the background. Unlike in the kernel, sec > 0 does not make Close wait.
func (c *Conn) SetLinger(sec int) error {
	return c.set(func() tcpip.Error {
		c.h.ep.SocketOptions().SetLinger(tcpip.LingerOption{
			Enabled: sec >= 0,
			Timeout: time.Duration(max(sec, 0)) * time.Second,
		})
		return nil
	})
}

// SetNoDelay turns Nagle's algorithm off (true, the default, as in package
// net) or on.
func (c *Conn) SetNoDelay(noDelay bool) error {
	return c.set(func() tcpip.Error {
		c.h.ep.SocketOptions().SetDelayOption(!noDelay)
		return nil
	})
}

// NoDelay reports what SetNoDelay has set.
func (c *Conn) NoDelay() bool { return !c.h.ep.SocketOptions().GetDelayOption() }

// SetUserTimeout is TCP_USER_TIMEOUT (RFC 5482): how long sent data may stay
// unacknowledged before the connection fails with ETIMEDOUT. 0 leaves it to
// the number of retransmissions. As on Linux the time runs from the data's last
// transmission before the timer first expired, which may be a tail loss probe
// (RFC 8985, section 7).
func (c *Conn) SetUserTimeout(d time.Duration) error {
	if d < 0 {
		return c.invalid("user timeout", d, "give 0 or a positive duration")
	}
	opt := tcpip.TCPUserTimeoutOption(d)
	return c.set(func() tcpip.Error { return c.h.ep.SetSockOpt(&opt) })
}

// SetReadBuffer fixes the receive buffer's size in bytes and so ends its
// automatic growth. Sizes outside the stack's limits are clamped.
func (c *Conn) SetReadBuffer(bytes int) error {
	if bytes < 0 {
		return c.invalid("read buffer", bytes, "give a positive number of bytes")
	}
	return c.setBuffer(bytes, c.h.ep.SocketOptions().SetReceiveBufferSize)
}

// setBuffer sets a size; package net shows no remote address in its error.
func (c *Conn) setBuffer(bytes int, set func(size int64, notify bool)) error {
	err := c.h.control(func() error { set(int64(bytes), true); return nil })
	return opError(opSet, c.h.network, nil, c.LocalAddr(), err)
}

// ReadBuffer is the receive buffer's present size in bytes.
func (c *Conn) ReadBuffer() int { return int(c.h.ep.SocketOptions().GetReceiveBufferSize()) }

// SetWriteBuffer fixes the send buffer's size in bytes and so ends its
// automatic growth. Sizes outside the stack's limits are clamped.
func (c *Conn) SetWriteBuffer(bytes int) error {
	if bytes < 0 {
		return c.invalid("write buffer", bytes, "give a positive number of bytes")
	}
	return c.setBuffer(bytes, c.h.ep.SocketOptions().SetSendBufferSize)
}

// WriteBuffer is the send buffer's present size in bytes.
func (c *Conn) WriteBuffer() int { return int(c.h.ep.SocketOptions().GetSendBufferSize()) }

// SetTTL sets the time to live (IPv4) and hop limit (IPv6) of packets sent,
// 1 to 255; 0 means the stack's default, 64.
func (c *Conn) SetTTL(ttl int) error {
	if ttl < 0 || ttl > 255 {
		return c.invalid("TTL", ttl, "give 1 to 255, or 0 for the default")
	}
	hops := ttl
	if hops == 0 {
		hops = tcpip.UseDefaultIPv6HopLimit
	}
	return c.set(func() tcpip.Error {
		if terr := c.h.ep.SetSockOptInt(tcpip.IPv4TTLOption, ttl); terr != nil {
			return terr
		}
		return c.h.ep.SetSockOptInt(tcpip.IPv6HopLimitOption, hops)
	})
}

// TTL is what SetTTL has set, 0 for the stack's default.
func (c *Conn) TTL() int {
	ttl, _ := c.h.ep.GetSockOptInt(tcpip.IPv4TTLOption)
	return ttl
}

// SetTrafficClass sets the traffic class (IPv6) and type of service (IPv4) of
// packets sent, 0 to 255. The two ECN bits are ignored.
func (c *Conn) SetTrafficClass(tos int) error {
	if tos < 0 || tos > 255 {
		return c.invalid("traffic class", tos, "give 0 to 255")
	}
	return c.set(func() tcpip.Error { return c.h.ep.SetSockOptInt(tcpip.IPv4TOSOption, tos) })
}

// TrafficClass is the traffic class of packets sent.
func (c *Conn) TrafficClass() int {
	tos, _ := c.h.ep.GetSockOptInt(tcpip.IPv4TOSOption)
	return tos
}

// invalid is the error for an option's value: EINVAL, with what to do.
func (c *Conn) invalid(option string, value any, remedy string) error {
	return c.opError(opSet, callSetsockopt, fmt.Errorf("%s %v: %w: %s", option, value, syscall.EINVAL, remedy))
}
