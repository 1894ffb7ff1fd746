package netstack

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// TCPInfo is a snapshot of a connection, in plain values.
type TCPInfo struct {
	State State

	RTT    time.Duration // smoothed round trip time; 0 before the first sample
	RTTVar time.Duration // its mean deviation
	RTO    time.Duration // retransmission timeout

	CongestionWindow   int  // segments that may be in flight
	SlowStartThreshold int  // segments; the largest int before the first loss
	Recovering         bool // retransmitting after a loss
	Reordered          bool // packets have been seen out of order

	SACK       bool // selective acknowledgements were agreed on (RFC 2018)
	Timestamps bool // and timestamps (RFC 7323)

	ReceiveQueueBytes  int // received and not yet read
	ReceiveBufferBytes int // room for that, at present
	SendBufferBytes    int // room for what is sent and not acknowledged, at present

	SegmentsSent        uint64
	SegmentsReceived    uint64
	Retransmits         uint64 // segments sent again, for whatever reason
	FastRetransmits     uint64 // of these, by duplicate acknowledgements or SACK
	RetransmitTimeouts  uint64 // times that the RTO expired
	ChecksumErrors      uint64
	SegmentQueueDropped uint64 // segments that came faster than they were processed
	ZeroWindowsSent     uint64 // times that we asked the peer to stop
}

// TCPInfo takes a snapshot. It also works on a connection that has failed;
// after Close it answers the zero value.
func (c *Conn) TCPInfo() TCPInfo {
	var info TCPInfo
	c.h.control(func() error { info = infoOf(c.h.ep); return nil })
	return info
}

// infoOf is the snapshot of a TCP endpoint.
func infoOf(ep tcpip.Endpoint) TCPInfo {
	var opt tcpip.TCPInfoOption
	ep.GetSockOpt(&opt) // never fails on TCP
	info := TCPInfo{
		State:              stateOf(tcp.EndpointState(ep.State())),
		RTT:                opt.RTT,
		RTTVar:             opt.RTTVar,
		RTO:                opt.RTO,
		CongestionWindow:   int(opt.SndCwnd),
		SlowStartThreshold: int(opt.SndSsthresh),
		Recovering:         opt.CcState != tcpip.Open && opt.CcState != tcpip.Disorder,
		Reordered:          opt.ReorderSeen,
	}
	info.ReceiveQueueBytes, _ = ep.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	info.ReceiveBufferBytes = int(ep.SocketOptions().GetReceiveBufferSize())
	info.SendBufferBytes = int(ep.SocketOptions().GetSendBufferSize())
	if e, ok := ep.(*tcp.Endpoint); ok {
		e.LockUser()
		info.SACK, info.Timestamps = e.SACKPermitted, e.SendTSOk
		e.UnlockUser()
	}
	stats, ok := ep.Stats().(*tcp.Stats)
	if !ok {
		return info
	}
	info.SegmentsSent = stats.SegmentsSent.Value()
	info.SegmentsReceived = stats.SegmentsReceived.Value()
	info.Retransmits = stats.SendErrors.Retransmits.Value()
	info.FastRetransmits = stats.SendErrors.FastRetransmit.Value()
	info.RetransmitTimeouts = stats.SendErrors.Timeouts.Value()
	info.ChecksumErrors = stats.ReceiveErrors.ChecksumErrors.Value()
	info.SegmentQueueDropped = stats.ReceiveErrors.SegmentQueueDropped.Value()
	info.ZeroWindowsSent = stats.ReceiveErrors.ZeroRcvWindowState.Value()
	return info
}
