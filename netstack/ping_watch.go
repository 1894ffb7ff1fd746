package netstack

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// pingWatch finds the ICMP errors that answer an echo request: gVisor hands
// them to nobody. It looks at packets from links as they arrive, and only while
// a Ping waits.
type pingWatch struct {
	count atomic.Int32 // of waiting

	mu      sync.Mutex
	waiting map[echoID]*pinger
}

// echoID tells an echo request from all others that are under way.
type echoID struct {
	local, remote tcpip.Address
	id, sequence  uint16
}

// add begins to watch for errors about p's request; the caller removes it.
func (w *pingWatch) add(id echoID, p *pinger) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting == nil {
		w.waiting = make(map[echoID]*pinger)
	}
	w.waiting[id] = p
	w.count.Store(int32(len(w.waiting)))
}

func (w *pingWatch) remove(id echoID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, id)
	w.count.Store(int32(len(w.waiting)))
}

// quoteBytes is as much of an ICMP error as shows whose it is: two IP headers,
// each with the first eight bytes of an ICMP message behind it.
const quoteBytes = 2 * (header.IPv4MaximumHeaderSize + echoHeaderBytes)

// arriving ends the Ping whose request p says has failed.
func (w *pingWatch) arriving(p *Packet) {
	if w == nil || w.count.Load() == 0 {
		return
	}
	var buf [quoteBytes]byte
	id, failure := echoFailure(buf[:p.CopyTo(buf[:])])
	if failure == nil {
		return
	}
	w.mu.Lock()
	waiting := w.waiting[id]
	w.mu.Unlock()
	if waiting != nil {
		waiting.failure.Store(failure)
		waiting.h.in.signal()
	}
}

// echoFailure reads which echo request an ICMP error quotes; failure is nil if
// b is anything else.
func echoFailure(b []byte) (id echoID, failure *ICMPError) {
	outer, message, v := splitICMP(b)
	if v == nil {
		return id, nil
	}
	if _, ok := v.meaning(message[0], message[1]); !ok {
		return id, nil
	}
	inner, request, quoted := splitICMP(message[echoHeaderBytes:])
	if quoted != v || request[0] != v.echo || inner.src != outer.dst {
		return id, nil
	}
	id = echoID{
		local: inner.src, remote: inner.dst,
		id: binary.BigEndian.Uint16(request[4:]), sequence: binary.BigEndian.Uint16(request[6:]),
	}
	from, _ := netip.AddrFromSlice(outer.src.AsSlice())
	return id, &ICMPError{From: from, Type: message[0], Code: message[1]}
}

// splitICMP reads an IP packet with an ICMP message, of which at least the
// first eight bytes are there. v is the message's version, nil if there is none.
func splitICMP(b []byte) (h ipHeader, message []byte, v *icmpVersion) {
	h, message, ok := splitIP(b)
	if !ok || len(message) < echoHeaderBytes {
		return h, nil, nil
	}
	for _, v := range []*icmpVersion{&icmp4, &icmp6} {
		if h.transport == v.transport && (h.network == header.IPv4ProtocolNumber) == (v == &icmp4) {
			return h, message, v
		}
	}
	return h, nil, nil
}
