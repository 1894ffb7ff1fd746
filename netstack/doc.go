// Package netstack is a TCP/IP stack inside the process: IPv4 and IPv6, TCP,
// UDP and ICMP echo over a Link, offered as ordinary Go networking, without
// kernel sockets. Use it where package net cannot go: over a tunnel or a TUN
// device without privileges of its own, between two hosts in one test, in
// virtual time.
//
//	left, right := netstack.Pipe(1500)
//	server, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{
//		{Link: left, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}}})
//	client, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{
//		{Link: right, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24")}}}})
//	defer server.Close()
//	defer client.Close()
//	ln, err := server.Listen(ctx, "tcp", ":80")
//	go http.Serve(ln, handler)
//	web := http.Client{Transport: &http.Transport{DialContext: client.DialContext}}
//	resp, err := web.Get("http://192.0.2.1/")
//
// # Differences from package net
//
// Keep-alive is off, as on a fresh kernel socket, where package net switches it
// on at 15 s: probes wake the radio behind a tunnel, and in virtual time an idle
// network would never be idle. A server that must notice clients which vanish
// sets Config.TCP.KeepAlive to {Enable: true}, which is package net's default,
// or does so on its Conns. A name needs Config.Resolver. There are no zones,
// service names only where package net has them built in, no multicast and no
// Unix sockets. Everything else, the errors first of all, is meant to be what
// package net does on Linux.
//
// Sockets come from a Stack and a Stack from New; their zero values are not
// usable.
//
// # Packets that the stack sends by itself
//
// None at its start: links are point-to-point, so there is no ARP, no duplicate
// address detection, no router solicitation and no multicast report. It answers
// echo requests, always. Errors (port unreachable and the like) it sends at most
// 1000 a second after a burst of 50, as Linux does; Stats counts those that it
// did not send.
//
// # Links and offload
//
// TCP hands a link up to 64 KiB at once, whatever the MTU. A Pipe carries that as
// it is, without checksums, and leaves out an acknowledgement where a later packet
// says as much; a stack with no links but pipes has some defaults for TCP of its
// own (see Pipe). A VirtioDevice cuts, joins and sums for the link. For every other
// device the link cuts and sums what is sent, and joins the TCP segments of one
// batch. Checksums of what a device delivers are verified by the link.
//
// # Goroutines and locks
//
// New starts gVisor's TCP processors, as many as GOMAXPROCS then says. Close
// ends them and waits for them. A Pipe side and a device link have one or two
// goroutines each, from Attach to Close, which waits for them. Close and the
// death of a link start one goroutine each, which ends before Done is closed.
// There is no goroutine per socket, packet or call, but for a dial to a name with
// addresses of both families: it has one for each family and waits for them.
//
// Stack.mu and the locks of the sockets' gates are leaves: nothing is called
// with them held but the Clock, the Scheduler and, with Stack.mu, what sets the
// buffer sizes of gVisor's TCP, which calls nobody. Stack.settle is held while the
// TCP processors are paused. Callbacks of gVisor come with its locks held, so
// they only set flags and hand over wake-ups. Links are called with locks of
// gVisor held (Send) and must not wait; they call back (Deliver) without any.
//
// # Limits
//
// Sockets: Config.SocketsMax. A listener's backlog: ListenOptions. A
// connection's memory: Config.TCP.SendBuffer and ReceiveBuffer. Packets on their
// way: the link's queue, which drops. Buffers that a VirtioDevice is read into: 64
// of 64 KiB each, lent to the stack and used again once it has given them back; when
// all are out, further ones come from gVisor's pools. Segments being joined: those
// of one batch, of 16 flows at a time. Packets being reassembled: 4 MiB per family,
// for at most 30 s, or 60 s with IPv6. All drops are counted in Stats.
//
// # Not supported
//
// gVisor's TCP has no delayed acknowledgements (it acknowledges after each batch
// of segments), no ECN, no TCP Fast Open, and SYN cookies that cannot be switched
// off. How often a listener repeats its SYN-ACK cannot be set: six times in 127
// s. A connection that is given up, by retries or keep-alive, sends no reset.
//
// Selective acknowledgements are sent while both directions are open; after a
// half-close the peer repairs each loss by its timer. A FIN that is sent first
// while a loss is being repaired, and is lost together with one probe, is never
// sent again: who waits for the end of a stream sets a deadline. Where a packet
// that nothing follows is lost, the probe for it (RFC 8985, section 7.2) takes
// 200 ms, whatever TCPConfig.RTOMin says, if that was the only one under way.
// Linux drops such packets over TUN at an MTU of 65520 when a receiver makes its
// buffer (SO_RCVBUF) smaller than that while data comes, and seldom otherwise.
//
// Old timestamps are not checked (PAWS, RFC 7323 section 5), a peer without
// timestamps gives samples of the round trip from data that was sent twice (RFC
// 6298 section 3), and a black hole for large packets is not found out (RFC
// 4821). What gVisor calls "reno" does not slow down as Reno does: see
// TCPConfig.CongestionControl.
//
// Packets for an address of another interface than the one that they come by are
// dropped (the strong host model of RFC 1122, section 3.3.4.2); Linux takes them.
//
// There is no forwarding between interfaces, no raw or ICMP sockets but Ping, no
// multicast, no DHCP and no router discovery; IPv6 zones are refused. CUBIC
// computes in floating point, so that traces are alike only on one GOARCH.
package netstack
