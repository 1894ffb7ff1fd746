package netstack

import (
	"io"
	"net"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// inForce reads back what a stack's TCP goes by.
func inForce(t *testing.T, c TCPConfig) TCPConfig {
	t.Helper()
	s, err := New(Config{TCP: c})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var (
		timeWait tcpip.TCPTimeWaitTimeoutOption
		reuse    tcpip.TCPTimeWaitReuseOption
		finWait2 tcpip.TCPLingerTimeoutOption
		syn      tcpip.TCPSynRetriesOption
		retries  tcpip.TCPMaxRetriesOption
		rtoMin   tcpip.TCPMinRTOOption
		rtoMax   tcpip.TCPMaxRTOOption
		send     tcpip.TCPSendBufferSizeRangeOption
		receive  tcpip.TCPReceiveBufferSizeRangeOption
		moderate tcpip.TCPModerateReceiveBufferOption
		sack     tcpip.TCPSACKEnabled
		recovery tcpip.TCPRecovery
		cc       tcpip.CongestionControlOption
		cookies  tcpip.TCPAlwaysUseSynCookies
	)
	for _, o := range []tcpip.GettableTransportProtocolOption{&timeWait, &reuse, &finWait2, &syn, &retries, &rtoMin, &rtoMax, &send, &receive, &moderate, &sack, &recovery, &cc, &cookies} {
		if err := s.gs.TransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			t.Fatalf("%T: %s", o, err)
		}
	}
	first, last := s.gs.PortRange()
	got := TCPConfig{
		EphemeralPorts:     PortRange{First: first, Last: last},
		TimeWait:           time.Duration(timeWait),
		FinWait2:           time.Duration(finWait2),
		SYNRetries:         int(syn),
		Retries:            int(retries),
		RTOMin:             time.Duration(rtoMin),
		RTOMax:             time.Duration(rtoMax),
		SendBuffer:         BufferBytes(send),
		ReceiveBuffer:      BufferBytes(receive),
		FixedReceiveBuffer: !bool(moderate),
		NoSACK:             !bool(sack),
		NoRACK:             recovery&tcpip.TCPRACKLossDetection == 0,
		CongestionControl:  string(cc),
		SYNCookies:         map[tcpip.TCPAlwaysUseSynCookies]string{true: "always", false: "automatic"}[cookies],
	}
	switch reuse {
	case tcpip.TCPTimeWaitReuseGlobal:
		got.TimeWaitReuse = TimeWaitReuseAlways
	case tcpip.TCPTimeWaitReuseDisabled:
		got.TimeWaitReuse = TimeWaitReuseNever
	}
	return got
}

func TestTCPDefaultsAreTheDocumentedOnes(t *testing.T) {
	buffer := BufferBytes{Min: 4096, Default: 1 << 20, Max: 4 << 20}
	want := TCPConfig{
		EphemeralPorts: PortRange{First: 32768, Last: 60999},
		TimeWait:       60 * time.Second, FinWait2: 60 * time.Second,
		SYNRetries: 6, Retries: 15,
		RTOMin: 200 * time.Millisecond, RTOMax: 120 * time.Second,
		SendBuffer: buffer, ReceiveBuffer: buffer,
		CongestionControl: "cubic", SYNCookies: "automatic",
	}
	if got := inForce(t, TCPConfig{}); got != want {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestEveryTCPSettingIsInForce(t *testing.T) {
	want := TCPConfig{
		EphemeralPorts: PortRange{First: 2000, Last: 2001},
		TimeWait:       time.Second, TimeWaitReuse: TimeWaitReuseAlways, FinWait2: 2 * time.Second,
		SYNRetries: 1, Retries: 3,
		RTOMin: 10 * time.Second, RTOMax: 300 * time.Second, // both above the defaults of the other
		SendBuffer: BufferBytes{Min: 1000, Default: 2000, Max: 3000}, ReceiveBuffer: BufferBytes{Min: 5000, Default: 6000, Max: 7000},
		FixedReceiveBuffer: true, NoSACK: true, NoRACK: true,
		CongestionControl: "reno", SYNCookies: "always",
	}
	if got := inForce(t, want); got != want {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestNegativeTCPSettingsMeanNever(t *testing.T) {
	got := inForce(t, TCPConfig{TimeWait: -1, FinWait2: -1, Retries: -1, TimeWaitReuse: TimeWaitReuseNever})
	if got.TimeWait != 0 || got.FinWait2 != 0 || got.Retries != 0 || got.TimeWaitReuse != TimeWaitReuseNever {
		t.Errorf("got %+v", got)
	}
}

func TestPartialBufferSizesKeepTheirOrder(t *testing.T) {
	for given, want := range map[BufferBytes]BufferBytes{
		{Max: 1000}:              {Min: 1000, Default: 1000, Max: 1000},
		{Max: 1 << 30}:           {Min: 64 << 10, Default: 1 << 20, Max: 1 << 30},
		{Default: 8 << 20}:       {Min: 4096, Default: 8 << 20, Max: 8 << 20},
		{Min: 2 << 20}:           {Min: 2 << 20, Default: 2 << 20, Max: 4 << 20},
		{Default: 100, Max: 200}: {Min: 100, Default: 100, Max: 200},
	} {
		if got := given.withDefaults(); got != want {
			t.Errorf("%+v becomes %+v, want %+v", given, got, want)
		}
	}
}

// TestLeastReceiveBufferReceives sends through the smallest buffers that New
// lets pass, over a maximum of each window scale.
func TestLeastReceiveBufferReceives(t *testing.T) {
	const sent = 256 << 10
	for most := 1 << 14; most <= bufferBytesMax; most <<= 1 {
		buffer := BufferBytes{Max: most}
		buffer.Min = buffer.windowLeast()
		buffer.Default = buffer.Min
		s, err := New(Config{TCP: TCPConfig{ReceiveBuffer: buffer}})
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.Listen(testContext(t), "tcp", "127.0.0.1:80")
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.DialContext(testContext(t), "tcp", "127.0.0.1:80")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c.Write(make([]byte, sent))
			c.Close()
		}()
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted.SetDeadline(time.Now().Add(time.Minute)) // no test is about it
		if n, err := io.Copy(io.Discard, accepted); n != sent || err != nil {
			t.Errorf("%+v: %d bytes, %v", buffer, n, err)
		}
		s.Close()
	}
}

func TestConnectionsStartWithKeepAliveAndUserTimeout(t *testing.T) {
	s, err := New(Config{TCP: TCPConfig{
		UserTimeout: time.Minute,
		KeepAlive:   net.KeepAliveConfig{Enable: true, Interval: time.Second, Count: -1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ep := newTCP(t, s, true)
	defer ep.Close()
	s.setTCPDefaults(ep)
	var (
		user     tcpip.TCPUserTimeoutOption
		idle     tcpip.KeepaliveIdleOption
		interval tcpip.KeepaliveIntervalOption
	)
	for _, o := range []tcpip.GettableSocketOption{&user, &idle, &interval} {
		if err := ep.GetSockOpt(o); err != nil {
			t.Fatalf("%T: %s", o, err)
		}
	}
	count, _ := ep.GetSockOptInt(tcpip.KeepaliveCountOption)
	if time.Duration(user) != time.Minute || time.Duration(idle) != 15*time.Second || time.Duration(interval) != time.Second || count != 9 || !ep.SocketOptions().GetKeepAlive() {
		t.Errorf("user timeout %v, idle %v, interval %v, count %d, on %v", time.Duration(user), time.Duration(idle), time.Duration(interval), count, ep.SocketOptions().GetKeepAlive())
	}
}
