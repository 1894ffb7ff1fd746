package transport

import (
	"syscall"

	"github.com/seed-731cb71d/warren/transport/internal/framing"
)

// input is what has been read from the network for a request that could not
// yet be satisfied: an unfinished packet, or what followed one. The socket's
// mutex guards it.
//
// Data is read into a buffer that is large enough for all that may come, and
// the receiver gets that very buffer if a packet fills at least half of it. Of
// what has to wait for more, no more memory is kept than four times its size,
// so a peer that sends little at a time costs little.
type input struct {
	hold    *buffer // nil: nothing is buffered
	buf     []byte  // what is buffered, a part of hold
	decoder framing.Decoder
}

// readChunk is the most that one read asks the network for.
const readChunk = 64 << 10

// cut takes one packet off the buffer, or length bytes in raw mode (0: what
// is there, at most the option buffer). counted is its size on the wire, -1
// if the buffer must first grow by up to need bytes. The packet belongs to
// the caller.
func (in *input) cut(set *settings, length int) (p parcel, counted, need int, err error) {
	if set.packet == PacketRaw {
		in.decoder.Configure(framing.Config{}) // packets are looked at anew after this
		p, counted, need = in.cutRaw(length, set.buffer)
		return p, counted, need, nil
	}
	in.decoder.Configure(set.framing())
	f, err := in.decoder.Next(in.buf)
	if err != nil {
		return parcel{}, 0, 0, syscall.EMSGSIZE
	}
	if f.Consumed == 0 {
		return parcel{}, -1, max(f.Need-len(in.buf), set.buffer), nil
	}
	return in.own(f.Packet, f.Consumed), f.Consumed, 0, nil
}

func (in *input) cutRaw(length, buffer int) (p parcel, counted, need int) {
	n := length
	if n == 0 {
		n = min(len(in.buf), buffer)
		if n == 0 {
			return parcel{}, -1, buffer
		}
	}
	if len(in.buf) < n {
		return parcel{}, -1, n - len(in.buf)
	}
	return in.own(in.buf[:n], n), n, 0
}

// own returns packet, a part of the first consumed bytes of the buffer, for
// the caller to keep, and drops those bytes.
func (in *input) own(packet []byte, consumed int) parcel {
	if consumed == len(in.buf) && len(in.hold.bytes) <= 2*len(packet) {
		p := parcel{data: packet[:len(packet):len(packet)], hold: in.hold}
		in.hold, in.buf = nil, nil
		return p
	}
	p := parcelOf(packet)
	in.skip(consumed)
	return p
}

// skip drops the first n bytes of the buffer.
func (in *input) skip(n int) {
	if in.buf = in.buf[n:]; len(in.buf) == 0 {
		in.replace(nil, 0)
	}
}

// drop discards everything.
func (in *input) drop() {
	in.hold.put()
	*in = input{}
}

// fill reads at most need bytes. It answers the network's error if nothing
// was read.
func (in *input) fill(conn NetConn, need int) error {
	want, have := min(need, readChunk), len(in.buf)
	if have >= want && in.spare() < want {
		in.move(min(2*have, have+need))
	}
	var n int
	var err error
	if in.spare() >= want {
		n, err = conn.TryRead(in.buf[have : have+want])
		in.buf = in.buf[:have+n]
	} else {
		next := takeBuffer(have + want)
		n, err = conn.TryRead(next.bytes[have : have+want])
		in.accept(next, n)
	}
	if n > 0 {
		return nil
	}
	in.settle()
	return err
}

// spare is how many bytes of the buffer follow what is buffered.
func (in *input) spare() int { return cap(in.buf) - len(in.buf) }

// accept appends what has been read into next, n bytes that begin where what
// is buffered ends.
func (in *input) accept(next *buffer, n int) {
	have := len(in.buf)
	if n <= in.spare() {
		in.buf = append(in.buf, next.bytes[have:have+n]...)
		next.put()
		return
	}
	copy(next.bytes, in.buf)
	in.replace(next, have+n)
}

// settle frees memory before what is buffered waits for more.
func (in *input) settle() {
	if in.hold != nil && len(in.hold.bytes) > max(4*len(in.buf), bufferMin) {
		in.move(len(in.buf))
	}
}

// move moves what is buffered to a buffer of at least n bytes.
func (in *input) move(n int) {
	next := takeBuffer(n)
	in.replace(next, copy(next.bytes, in.buf))
}

// replace puts the first n bytes of next in the place of what is buffered.
func (in *input) replace(next *buffer, n int) {
	in.hold.put()
	in.hold, in.buf = next, nil
	if next != nil {
		in.buf = next.bytes[:n]
	}
}
