package netstack

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func port80WithHost(host string) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(host), 80)
}

func TestOptionsAreKept(t *testing.T) {
	c, _ := connPair(t)
	for _, test := range []struct {
		name string
		set  func() error
		get  func() any
		want any
	}{
		{"NoDelay at first", func() error { return nil }, func() any { return c.NoDelay() }, true},
		{"NoDelay", func() error { return c.SetNoDelay(false) }, func() any { return c.NoDelay() }, false},
		{"KeepAlive at first", func() error { return nil }, func() any { return c.KeepAlive() }, false},
		{"KeepAlive", func() error { return c.SetKeepAlive(true) }, func() any { return c.KeepAlive() }, true},
		{"KeepAlivePeriod", func() error { return c.SetKeepAlivePeriod(time.Second) }, func() any { return c.KeepAlive() }, true},
		{"KeepAliveConfig", func() error { return c.SetKeepAliveConfig(net.KeepAliveConfig{}) }, func() any { return c.KeepAlive() }, false},
		{"ReadBuffer", func() error { return c.SetReadBuffer(100_000) }, func() any { return c.ReadBuffer() }, 100_000},
		{"WriteBuffer", func() error { return c.SetWriteBuffer(100_000) }, func() any { return c.WriteBuffer() }, 100_000},
		{"TTL", func() error { return c.SetTTL(7) }, func() any { return c.TTL() }, 7},
		{"TrafficClass", func() error { return c.SetTrafficClass(0x28) }, func() any { return c.TrafficClass() }, 0x28},
		{"UserTimeout", func() error { return c.SetUserTimeout(time.Second) }, func() any { return nil }, nil},
	} {
		if err := test.set(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := test.get(); got != test.want {
			t.Errorf("%s is %v, want %v", test.name, got, test.want)
		}
	}
}

func TestBadOptionsNameTheRemedy(t *testing.T) {
	c, _ := connPair(t)
	for name, err := range map[string]error{
		"TTL":           c.SetTTL(256),
		"negative TTL":  c.SetTTL(-1),
		"traffic class": c.SetTrafficClass(256),
		"user timeout":  c.SetUserTimeout(-1),
		"read buffer":   c.SetReadBuffer(-1),
		"write buffer":  c.SetWriteBuffer(-1),
	} {
		var op *net.OpError
		if !errors.Is(err, syscall.EINVAL) || !errors.As(err, &op) || op.Op != "set" {
			t.Errorf("%s: %v, want EINVAL in an OpError", name, err)
		}
	}
}

func TestTCPInfoShowsTheConnection(t *testing.T) {
	client, server := connPair(t)
	server.Write([]byte("hello"))
	eventually(t, func() bool { return client.TCPInfo().ReceiveQueueBytes == 5 }, "five bytes wait")
	info := server.TCPInfo()
	if info.State != StateEstablished || info.CongestionWindow < 1 || info.RTO <= 0 || info.SegmentsSent < 1 || info.SegmentsReceived < 1 {
		t.Errorf("info of an established connection: %+v", info)
	}
	client.Close()
	if info := client.TCPInfo(); info != (TCPInfo{}) {
		t.Errorf("info after Close: %+v", info)
	}
	if got := StateFinWait1.String(); got != "FIN-WAIT-1" {
		t.Errorf("StateFinWait1 prints %q", got)
	}
	if got := State(99).String(); got != "UNKNOWN" {
		t.Errorf("State(99) prints %q", got)
	}
}

func TestNotifyReplacesAndRemoves(t *testing.T) {
	client, server := connPair(t)
	var first, second atomic.Int32
	server.Notify(func() { first.Add(1) })
	eventually(t, func() bool { return first.Load() > 0 }, "the function is called soon after Notify")
	server.Notify(func() { second.Add(1) })
	eventually(t, func() bool { return second.Load() > 0 }, "so is its successor")
	before := first.Load()
	client.Write([]byte("x"))
	server.Read(make([]byte, 1))
	if got := first.Load(); got != before {
		t.Error("a replaced function was called")
	}
	server.Notify(nil)
	before = second.Load()
	client.Write([]byte("y"))
	server.Read(make([]byte, 1))
	if got := second.Load(); got != before {
		t.Error("a removed function was called")
	}
	closed := make(chan struct{}, 10)
	server.Notify(func() { closed <- struct{}{} })
	<-closed
	server.Close()
	<-closed // Close is a change that a Try method would notice
}
