package netstack

import (
	"net"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// keepAliveOf reads back what a connection goes by.
func keepAliveOf(t *testing.T, c *Conn) net.KeepAliveConfig {
	t.Helper()
	var idle tcpip.KeepaliveIdleOption
	var interval tcpip.KeepaliveIntervalOption
	for _, o := range []tcpip.GettableSocketOption{&idle, &interval} {
		if err := c.h.ep.GetSockOpt(o); err != nil {
			t.Fatalf("%T: %s", o, err)
		}
	}
	count, err := c.h.ep.GetSockOptInt(tcpip.KeepaliveCountOption)
	if err != nil {
		t.Fatal(err)
	}
	return net.KeepAliveConfig{Enable: c.KeepAlive(), Idle: time.Duration(idle), Interval: time.Duration(interval), Count: count}
}

func TestKeepAliveSettersMeanWhatPackageNetMeans(t *testing.T) {
	a, b := newPair(t, 1500)
	mustListen(t, b, port80, ListenOptions{})
	c := mustDial(t, a, port80)
	want := net.KeepAliveConfig{Idle: 2 * time.Hour, Interval: 75 * time.Second, Count: 9}
	check := func(call string, err error) {
		t.Helper()
		if got := keepAliveOf(t, c); err != nil || got != want {
			t.Errorf("after %s: %+v, %v, want %+v", call, got, err, want)
		}
	}
	check("the dial", nil)

	want.Idle = 40 * time.Second
	check("SetKeepAlivePeriod(40s)", c.SetKeepAlivePeriod(40*time.Second))
	want.Enable = true
	check("SetKeepAlive(true)", c.SetKeepAlive(true))
	want.Count = 3
	check("a config of the count", c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: 3}))
	want = net.KeepAliveConfig{Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}
	check("the zero config", c.SetKeepAliveConfig(net.KeepAliveConfig{}))
}
