package netstack

import (
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// bufferRanges are what new connections of s get.
func bufferRanges(t *testing.T, s *Stack) (send tcpip.TCPSendBufferSizeRangeOption, receive tcpip.TCPReceiveBufferSizeRangeOption) {
	t.Helper()
	for _, o := range []tcpip.GettableTransportProtocolOption{&send, &receive} {
		if err := s.gs.TransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			t.Fatal(err)
		}
	}
	return send, receive
}

// crowdOf registers connections, which nobody uses, until there are n.
func crowdOf(t *testing.T, s *Stack, conns []*Conn, n int) []*Conn {
	t.Helper()
	for len(conns) < n {
		c := new(Conn)
		if err := s.register(c); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	for len(conns) > n {
		s.unregister(conns[n])
		s.unregister(conns[n]) // twice is once
		conns = append(conns[:n], conns[n+1:]...)
	}
	return conns
}

func crowdStack(t *testing.T, c TCPConfig) *Stack {
	t.Helper()
	s, err := New(Config{TCP: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestCrowdSharesBuffers has more and more connections, and then fewer.
func TestCrowdSharesBuffers(t *testing.T) {
	s := crowdStack(t, TCPConfig{})
	var conns []*Conn
	for _, step := range []struct {
		conns, send, receive, receiveMax int
		timer                            time.Duration
	}{
		{0, 1 << 20, 1 << 20, 4 << 20, 0},
		{63, 1 << 20, 1 << 20, 4 << 20, 0},
		{64, 512 << 10, 512 << 10, 2 << 20, 25600 * time.Microsecond},
		{128, 256 << 10, 256 << 10, 1 << 20, 51200 * time.Microsecond},
		{1000, 128 << 10, 256 << 10, 256 << 10, crowdTimerMost},
		{5000, 128 << 10, 256 << 10, 256 << 10, crowdTimerMost},
		{127, 512 << 10, 512 << 10, 2 << 20, 25600 * time.Microsecond},
		{0, 1 << 20, 1 << 20, 4 << 20, 0},
	} {
		conns = crowdOf(t, s, conns, step.conns)
		send, receive := bufferRanges(t, s)
		if send.Default != step.send || send.Max != 4<<20 {
			t.Errorf("%d connections: send buffers of %d, at most %d; want %d, 4 MiB", step.conns, send.Default, send.Max, step.send)
		}
		if receive.Default != step.receive || receive.Max != step.receiveMax {
			t.Errorf("%d connections: receive buffers of %d, at most %d; want %d, %d", step.conns, receive.Default, receive.Max, step.receive, step.receiveMax)
		}
		if least := time.Duration(s.time.least.Load()); least != step.timer {
			t.Errorf("%d connections: timers of at least %v, want %v", step.conns, least, step.timer)
		}
	}
}

func TestCrowdLeavesBuffersThatWereSet(t *testing.T) {
	set := BufferBytes{Default: 300_000}
	s := crowdStack(t, TCPConfig{SendBuffer: set, ReceiveBuffer: set})
	wantSend, wantReceive := bufferRanges(t, s)
	conns := crowdOf(t, s, nil, 1000)
	if send, receive := bufferRanges(t, s); send != wantSend || receive != wantReceive {
		t.Errorf("buffers became %+v and %+v, were set to %+v and %+v", send, receive, wantSend, wantReceive)
	}
	crowdOf(t, s, conns, 0)
}

// TestCrowdTimerStaysBelowRTO: the application's least RTO is not overruled.
func TestCrowdTimerStaysBelowRTO(t *testing.T) {
	for _, rto := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, time.Hour} {
		for conns := 1; conns < 1<<40; conns *= 2 {
			if d := crowdTimer(crowdLevel(conns), rto); d < 0 || d >= rto || d > crowdTimerMost {
				t.Fatalf("%d connections, RTO of %v or more: timers of %v or more", conns, rto, d)
			}
		}
	}
}

// TestCrowdOfOthersIsNone: listeners and packet sockets take no windows.
func TestCrowdOfOthersIsNone(t *testing.T) {
	s := crowdStack(t, TCPConfig{})
	for range 2 * crowdFrom {
		pc, err := s.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
	}
	if send, _ := bufferRanges(t, s); send.Default != 1<<20 || s.crowd.conns != 0 {
		t.Errorf("%d packet sockets count as %d connections, with send buffers of %d", 2*crowdFrom, s.crowd.conns, send.Default)
	}
}

// TestSystemTimersWaitForACrowd sets a timer while others have the processor.
func TestSystemTimersWaitForACrowd(t *testing.T) {
	c := newStackClock(nil)
	c.least.Store(int64(50 * time.Millisecond))
	start := c.NowMonotonic()
	fired := make(chan time.Duration, 1)
	c.AfterFunc(time.Millisecond, func() { fired <- c.NowMonotonic().Sub(start) })
	if after := <-fired; after < 50*time.Millisecond {
		t.Errorf("a timer of 1 ms fired after %v, with 50 ms as the least", after)
	}
	c.end()
}
