package scenario

import (
	"net"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// socketSettings reads settings of a connection and returns what sets them.
func (a *args) socketSettings() func(*netstack.Conn) error {
	var sets []func(*netstack.Conn) error
	add := func(set func(*netstack.Conn) error) { sets = append(sets, set) }
	if t, ok := a.key("nodelay"); ok {
		on := a.choice(t, "nodelay", "on", "off") == "on"
		add(func(c *netstack.Conn) error { return c.SetNoDelay(on) })
	}
	if t, ok := a.key("linger"); ok {
		seconds := -1
		if t.text != "off" {
			seconds = a.number(t, "linger", 0, 65535)
		}
		add(func(c *netstack.Conn) error { return c.SetLinger(seconds) })
	}
	if t, ok := a.key("keepalive"); ok {
		add(a.keepAliveSetting(t))
	}
	if d, ok := a.durationKey("user-timeout"); ok {
		add(func(c *netstack.Conn) error { return c.SetUserTimeout(d) })
	}
	if t, ok := a.key("send-buffer"); ok {
		n := a.bytes(t, t.key, bufferBytesMax)
		add(func(c *netstack.Conn) error { return c.SetWriteBuffer(n) })
	}
	if t, ok := a.key("receive-buffer"); ok {
		n := a.bytes(t, t.key, bufferBytesMax)
		add(func(c *netstack.Conn) error { return c.SetReadBuffer(n) })
	}
	if t, ok := a.key("ttl"); ok {
		n := a.number(t, t.key, 1, 255)
		add(func(c *netstack.Conn) error { return c.SetTTL(n) })
	}
	if t, ok := a.key("tos"); ok {
		n := a.number(t, t.key, 0, 255)
		add(func(c *netstack.Conn) error { return c.SetTrafficClass(n) })
	}
	return func(c *netstack.Conn) error {
		for _, set := range sets {
			if err := set(c); err != nil {
				return err
			}
		}
		return nil
	}
}

func (a *args) keepAliveSetting(t token) func(*netstack.Conn) error {
	if t.text == "on" || t.text == "off" {
		on := t.text == "on"
		return func(c *netstack.Conn) error { return c.SetKeepAlive(on) }
	}
	var idle, interval time.Duration
	var count int
	idle, interval, count = a.keepAliveTimes(t)
	cfg := net.KeepAliveConfig{Enable: true, Idle: idle, Interval: interval, Count: count}
	return func(c *netstack.Conn) error { return c.SetKeepAliveConfig(cfg) }
}

func compileSet(a *args) compiled {
	s := a.nextSymbol("CONNECTION", kindConn)
	if len(a.keys) == 0 {
		a.failAt(a.end+1, "", "a setting is missing: %s", a.usage())
	}
	set := a.socketSettings()
	return compiled{host: s.host, run: func(r *runner, c *call) {
		if conn := r.conn(s, c); conn != nil {
			if err := set(conn); err != nil {
				c.result("set %s", errorText(err))
			}
		}
	}}
}
