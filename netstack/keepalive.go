package netstack

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The keepalive times of package net, for zero fields of net.KeepAliveConfig.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 9
)

// SetKeepAlive turns keepalive probes on or off. Their times are those of
// SetKeepAliveConfig or the stack's defaults.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.set(func() tcpip.Error {
		c.h.ep.SocketOptions().SetKeepAlive(on)
		return nil
	})
}

// KeepAlive reports whether keepalive probes are on.
func (c *Conn) KeepAlive() bool { return c.h.ep.SocketOptions().GetKeepAlive() }

// SetKeepAliveConfig sets keepalive as *net.TCPConn does: a zero field means
// package net's default (15 s, 15 s, 9), a negative one leaves the setting
// as it is.
func (c *Conn) SetKeepAliveConfig(cfg net.KeepAliveConfig) error {
	return c.set(func() tcpip.Error {
		if terr := setKeepAliveTimes(c.h.ep, cfg); terr != nil {
			return terr
		}
		c.h.ep.SocketOptions().SetKeepAlive(cfg.Enable)
		return nil
	})
}

// SetKeepAlivePeriod sets how long a connection is idle before it is probed, as
// *net.TCPConn does: 0 means 15 s, negative leaves the setting as it is.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.set(func() tcpip.Error {
		return setKeepAliveTimes(c.h.ep, net.KeepAliveConfig{Idle: d, Interval: -1, Count: -1})
	})
}

// setKeepAliveTimes gives ep the times of cfg with package net's defaults;
// those that are negative it leaves alone.
func setKeepAliveTimes(ep tcpip.Endpoint, cfg net.KeepAliveConfig) tcpip.Error {
	idle := tcpip.KeepaliveIdleOption(orDefault(cfg.Idle, keepAliveIdle))
	interval := tcpip.KeepaliveIntervalOption(orDefault(cfg.Interval, keepAliveInterval))
	count := orDefault(cfg.Count, keepAliveCount)
	if idle > 0 {
		if terr := ep.SetSockOpt(&idle); terr != nil {
			return terr
		}
	}
	if interval > 0 {
		if terr := ep.SetSockOpt(&interval); terr != nil {
			return terr
		}
	}
	if count > 0 {
		return ep.SetSockOptInt(tcpip.KeepaliveCountOption, count)
	}
	return nil
}

func orDefault[T int | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// startKeepAlive starts the idle time of a dialled connection that has
// keepalive on. The stack below starts it when the option is set or a segment
// comes, but an option that was set before the dial is forgotten at the end of
// the handshake: a connection on which nothing is ever sent would never be
// probed.
func startKeepAlive(ep tcpip.Endpoint) {
	if ep.SocketOptions().GetKeepAlive() {
		ep.SocketOptions().SetKeepAlive(true)
	}
}
