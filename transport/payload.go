package transport

// Payload is what Receive returns and a Data message carries.
type Payload struct {
	// Data is the packet, owned by the receiver until Release. For the packet
	// types 1, 2 and 4 the length header is stripped.
	Data []byte
	// Mode is the socket's mode when the packet was delivered. In Go both
	// modes are bytes; it is kept so that list and binary can be told apart.
	Mode Mode
	// HeaderLen is how many bytes at the start of Data the option header
	// delivers apart from the rest; see Header and Rest.
	HeaderLen int

	hold  *buffer // where Data is, if that can be given back
	lease uint64  // of hold
}

// Header returns the bytes that the option header delivers apart.
func (p Payload) Header() []byte { return p.Data[:p.HeaderLen] }

// Rest returns what follows Header.
func (p Payload) Rest() []byte { return p.Data[p.HeaderLen:] }

// Release gives the memory of Data back for packets that arrive later, so that
// a busy stream allocates nothing. It is never necessary: what is not released
// is the garbage collector's. From the call on, Data, Header and Rest of p and
// of every copy of it must not be used any more, as they may be overwritten.
//
// Releasing the same packet again, by whatever copy of p, does nothing, also
// when its memory serves another packet by then. So does releasing the zero
// Payload, and one of less than 256 bytes or more than 1 MiB, whose memory is
// not kept. Release may be called on any goroutine, also after the socket, its
// owner and its node have ended; it does not block.
func (p Payload) Release() { p.hold.end(p.lease) }

// parcel is a packet on its way to the receiver, with the memory that it is in.
type parcel struct {
	data []byte
	hold *buffer // nil for memory that does not come back
}

// parcelMin is the size below which a packet gets memory of its own that is no
// longer than it, as it is cheap to make.
const parcelMin = bufferMin / 2

// parcelOf copies data.
func parcelOf(data []byte) parcel {
	if len(data) < parcelMin {
		return parcel{data: append([]byte{}, data...)}
	}
	b := takeBuffer(len(data))
	n := copy(b.bytes, data)
	return parcel{data: b.bytes[:n:n], hold: b}
}

// payload wraps a packet as it is delivered now.
func (s *settings) payload(p parcel) Payload {
	out := Payload{Data: p.data, Mode: s.mode, hold: p.hold}
	if s.mode == ModeBinary {
		out.HeaderLen = min(s.header, len(p.data))
	}
	if p.hold != nil {
		out.lease = p.hold.lease.Load()
	}
	return out
}
