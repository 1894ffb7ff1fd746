package netstack

import (
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// applyTCP gives a checked TCPConfig with its defaults to gVisor.
func applyTCP(gs *stack.Stack, c TCPConfig) error {
	if err := gs.SetPortRange(c.EphemeralPorts.First, c.EphemeralPorts.Last); err != nil {
		return fmt.Errorf("netstack: Config.TCP.EphemeralPorts: %s", err)
	}
	for _, o := range tcpOptions(c) {
		if err := gs.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return fmt.Errorf("netstack: Config.TCP: setting %T: %s", o, err)
		}
	}
	return nil
}

// tcpOptions are c's settings in gVisor's words. The largest RTO comes before
// the smallest, because gVisor compares each with the other's present value.
func tcpOptions(c TCPConfig) []tcpip.SettableTransportProtocolOption {
	recovery := tcpip.TCPRACKLossDetection
	if c.NoRACK || c.NoSACK {
		recovery = 0
	}
	return []tcpip.SettableTransportProtocolOption{
		new(tcpip.TCPTimeWaitTimeoutOption(c.TimeWait)),
		new(c.TimeWaitReuse.option()),
		new(tcpip.TCPLingerTimeoutOption(c.FinWait2)),
		new(tcpip.TCPSynRetriesOption(c.SYNRetries)),
		new(tcpip.TCPMaxRetriesOption(c.Retries)),
		new(tcpip.TCPMinRTOOption(0)), // makes room for any maximum
		new(tcpip.TCPMaxRTOOption(c.RTOMax)),
		new(tcpip.TCPMinRTOOption(c.RTOMin)),
		&tcpip.TCPSendBufferSizeRangeOption{Min: c.SendBuffer.Min, Default: c.SendBuffer.Default, Max: c.SendBuffer.Max},
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: c.ReceiveBuffer.Min, Default: c.ReceiveBuffer.Default, Max: c.ReceiveBuffer.Max},
		new(tcpip.TCPModerateReceiveBufferOption(!c.FixedReceiveBuffer)),
		new(tcpip.TCPSACKEnabled(!c.NoSACK)),
		&recovery,
		new(tcpip.CongestionControlOption(c.CongestionControl)),
		new(tcpip.TCPAlwaysUseSynCookies(c.SYNCookies == "always")),
	}
}

func (r TimeWaitReuse) option() tcpip.TCPTimeWaitReuseOption {
	switch r {
	case TimeWaitReuseAlways:
		return tcpip.TCPTimeWaitReuseGlobal
	case TimeWaitReuseNever:
		return tcpip.TCPTimeWaitReuseDisabled
	}
	return tcpip.TCPTimeWaitReuseLoopbackOnly
}

// setTCPDefaults gives a new connection, or a listener whose connections
// inherit it, the settings of Config.TCP that gVisor keeps per socket.
func (s *Stack) setTCPDefaults(ep tcpip.Endpoint) {
	c := s.cfg.TCP
	if c.UserTimeout > 0 {
		ep.SetSockOpt(new(tcpip.TCPUserTimeoutOption(c.UserTimeout)))
	}
	if c.KeepAlive.Enable {
		setKeepAliveTimes(ep, c.KeepAlive)
		ep.SocketOptions().SetKeepAlive(true)
	}
}
