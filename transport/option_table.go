package transport

import (
	"math"
	"net/netip"
)

const (
	wantBool = "true or false"
	wantBare = "the bare option, without a value"
	wantIP   = "a netip.Addr or net.IP, AtomAny or AtomLoopback"
)

// optionTable holds every option that this package knows, by name. It is
// complete: what is not in it does not exist for Listen and SetOpts.
var optionTable = map[string]*optionSpec{
	"binary": bareOption(placeOpen|placeSet, func(p *parse) { p.next.mode = ModeBinary }),
	"list":   bareOption(placeOpen|placeSet, func(p *parse) { p.next.mode = ModeList }),
	"mode": {
		at: placeAll, want: "ModeList or ModeBinary", get: func(s *settings) any { return s.mode },
		set: func(p *parse, v any) (ok bool) {
			p.next.mode, ok = asMode(v)
			return ok
		},
	},

	"inet":       bareOption(placeOpen, func(p *parse) { p.giveFamily(false) }),
	"inet6":      bareOption(placeOpen, func(p *parse) { p.giveFamily(true) }),
	"ip":         {at: placeOpen, want: wantIP, set: setAddr},
	"ifaddr":     {at: placeOpen, want: wantIP, set: setAddr},
	"port":       openInt(placeOpen, 0, 65535, func(o *openSettings) *int { return &o.port }),
	"backlog":    openInt(placeListen, math.MinInt32, math.MaxInt32, func(o *openSettings) *int { return &o.backlog }),
	"fd":         openInt(placeOpen, -1, math.MaxInt32, func(o *openSettings) *int { return &o.fd }),
	"tcp_module": {at: placeOpen, want: "a Network, or the Atom naming one that the node has", set: setNetwork},
	"ipv6_v6only": {
		at: placeOpen | placeGet, want: wantBool, sock: SockV6Only, boolean: true,
		set: func(p *parse, v any) (ok bool) {
			p.open.v6Only, ok = v.(bool)
			return ok
		},
	},
	"reuseaddr":      {at: placeAll, want: wantBool, sock: SockReuseAddr, boolean: true, set: setReuseAddr},
	"bind_to_device": {at: placeAll, want: "the interface's name as a string", get: func(s *settings) any { return s.device }, set: setDevice},

	"active":         {at: placeAll, want: "true, false, AtomOnce or " + rangeWant(activeCountMin, activeCountMax) + ", the sum too", get: func(s *settings) any { return s.active.value() }, set: setActive},
	"packet":         {at: placeAll, want: "PacketRaw, Packet1, Packet2, Packet4, PacketLine, PacketASN1, PacketSunRM, PacketCDR, PacketFCGI or PacketTPKT", get: func(s *settings) any { return s.packet }, set: setPacket, unsupported: packetUnsupported},
	"packet_size":    intOption(0, func(s *settings) *int { return &s.packetSize }),
	"header":         intOption(0, func(s *settings) *int { return &s.header }),
	"line_delimiter": {at: placeOpen | placeSet, want: rangeWant(0, 255), set: setDelimiter},
	"buffer":         {at: placeAll, want: rangeWant(0, math.MaxInt32), get: func(s *settings) any { return s.buffer }, set: setBuffer},

	"send_timeout":       {at: placeAll, want: "a time.Duration from 0, Infinity, AtomInfinity or milliseconds from 0", get: func(s *settings) any { return s.sendTimeout }, set: setSendTimeout},
	"send_timeout_close": boolOption(func(s *settings) *bool { return &s.sendTimeoutClose }),
	"delay_send":         boolOption(func(s *settings) *bool { return &s.delaySend }),
	"high_watermark":     {at: placeAll, want: rangeWant(0, math.MaxInt32), get: func(s *settings) any { return s.highWatermark }, set: setHighWatermark},
	"low_watermark":      {at: placeAll, want: rangeWant(0, math.MaxInt32), get: func(s *settings) any { return s.lowWatermark }, set: setLowWatermark},
	"exit_on_close":      boolOption(func(s *settings) *bool { return &s.exitOnClose }),
	"show_econnreset":    boolOption(func(s *settings) *bool { return &s.showEConnReset }),
	"linger":             {at: placeAll, want: "a LingerValue with seconds " + rangeWant(0, lingerSecondsMax), get: func(s *settings) any { return s.linger }, set: setLinger},

	"nodelay":   sockBool(SockNoDelay),
	"keepalive": sockBool(SockKeepAlive),
	"dontroute": sockBool(SockDontRoute),
	"tos":       sockInt(SockTOS, 0, 255),
	"ttl":       sockInt(SockTTL, 1, 255),
	"priority":  sockInt(SockPriority, 0, 6),
	"tclass":    {at: placeAll, want: rangeWant(0, 255) + " on an IPv6 socket", sock: SockTrafficClass, set: setTrafficClass},
	"recbuf":    {at: placeAll, want: rangeWant(math.MinInt32, math.MaxInt32), sock: SockRecvBuffer, set: setRecvBuffer},
	"sndbuf":    {at: placeAll, want: rangeWant(math.MinInt32, math.MaxInt32), sock: SockSendBuffer, set: setSendBuffer},

	"high_msgq_watermark": intOption(1, func(s *settings) *int { return &s.kept.highMsgq }),
	"low_msgq_watermark":  intOption(1, func(s *settings) *int { return &s.kept.lowMsgq }),
	"debug":               boolOption(func(s *settings) *bool { return &s.kept.debug }),
	"nopush":              boolOption(func(s *settings) *bool { return &s.kept.noPush }),
	"deliver":             {at: placeAll, want: `Atom("term"), the only form`, get: func(*settings) any { return Atom("term") }, set: setDeliver, unsupported: func(v any) bool { return v == Atom("port") }},
	"read_packets":        {at: placeSet | placeGet, want: "an integer", set: func(_ *parse, v any) bool { _, ok := asInt(v); return ok }},

	"raw":             notSupported(0, "there is no kernel option to pass bytes to"),
	"netns":           notSupported(0, "choose the network with tcp_module instead"),
	"inet_backend":    notSupported(0, "choose the network with tcp_module instead"),
	"broadcast":       notSupported(placeGet, "datagram sockets only"),
	"multicast_if":    notSupported(placeGet, "datagram sockets only"),
	"multicast_loop":  notSupported(placeGet, "datagram sockets only"),
	"multicast_ttl":   notSupported(placeGet, "datagram sockets only"),
	"add_membership":  notSupported(0, "datagram sockets only"),
	"drop_membership": notSupported(0, "datagram sockets only"),
	"recvtos":         notSupported(placeGet, "no ancillary data is delivered"),
	"recvttl":         notSupported(placeGet, "no ancillary data is delivered"),
	"recvtclass":      notSupported(placeGet, "no ancillary data is delivered"),
	"pktoptions":      notSupported(placeGet, "no ancillary data is delivered"),
}

// bareOption takes no value and is not read by its own name.
func bareOption(at place, set func(*parse)) *optionSpec {
	return &optionSpec{at: at, want: wantBare, set: func(p *parse, v any) bool {
		if v != nil {
			return false
		}
		set(p)
		return true
	}}
}

// boolOption is a boolean field of the settings.
func boolOption(field func(*settings) *bool) *optionSpec {
	return &optionSpec{
		at: placeAll, want: wantBool,
		get: func(s *settings) any { return *field(s) },
		set: func(p *parse, v any) bool {
			b, ok := v.(bool)
			if ok {
				*field(p.next) = b
			}
			return ok
		},
	}
}

// intOption is an integer field of the settings, at least lo.
func intOption(lo int, field func(*settings) *int) *optionSpec {
	return &optionSpec{
		at: placeAll, want: rangeWant(lo, math.MaxInt32),
		get: func(s *settings) any { return *field(s) },
		set: func(p *parse, v any) bool {
			n, ok := asIntIn(v, lo, math.MaxInt32)
			if ok {
				*field(p.next) = n
			}
			return ok
		},
	}
}

// openInt is an integer that Listen or Connect takes and nothing reads.
func openInt(at place, lo, hi int, field func(*openSettings) *int) *optionSpec {
	return &optionSpec{at: at, want: rangeWant(lo, hi), set: func(p *parse, v any) bool {
		n, ok := asIntIn(v, lo, hi)
		if ok {
			*field(p.open) = n
		}
		return ok
	}}
}

// sockBool is a boolean option of the network.
func sockBool(opt SockOpt) *optionSpec {
	return &optionSpec{at: placeAll, want: wantBool, sock: opt, boolean: true, set: func(p *parse, v any) bool {
		b, ok := v.(bool)
		if ok {
			p.sock(opt, boolInt(b))
		}
		return ok
	}}
}

// sockInt is an integer option of the network.
func sockInt(opt SockOpt, lo, hi int) *optionSpec {
	return &optionSpec{at: placeAll, want: rangeWant(lo, hi), sock: opt, set: func(p *parse, v any) bool {
		n, ok := asIntIn(v, lo, hi)
		if ok {
			p.sock(opt, n)
		}
		return ok
	}}
}

// notSupported is an option of gen_tcp that is refused, with the reason.
func notSupported(at place, why string) *optionSpec {
	return &optionSpec{at: at, want: why, unsupported: func(any) bool { return true }}
}

// boolInt is a boolean as the network takes it.
func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// giveFamily notes inet or inet6; the first of both decides.
func (p *parse) giveFamily(inet6 bool) {
	if !p.open.familyGiven {
		p.open.familyGiven, p.open.inet6 = true, inet6
	}
}

// setAddr is ip and ifaddr; the later one counts.
func setAddr(p *parse, v any) (ok bool) {
	p.open.addr, p.open.loopback = netip.Addr{}, false
	p.open.addr, p.open.loopback, ok = asAddr(v)
	return ok
}
