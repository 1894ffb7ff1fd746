package transport

import (
	"sync"
	"syscall"

	"github.com/seed-731cb71d/warren/transport/internal/framing"
)

// input is what has been read from the network for a request that could not
// yet be satisfied: an unfinished packet, or what followed one. The socket's
// mutex guards it.
type input struct {
	buf     []byte
	decoder framing.Decoder
}

// readChunk is the most that one read asks the network for.
const readChunk = 64 << 10

// scratch are buffers for reads whose outcome is not known; what arrives is
// copied out, so that an idle socket holds no buffer.
var scratch = sync.Pool{New: func() any { return new([readChunk]byte) }}

// cut takes one packet off the buffer, or length bytes in raw mode (0: what
// is there, at most the option buffer). counted is its size on the wire, -1
// if the buffer must first grow by up to need bytes. The packet belongs to
// the caller.
func (in *input) cut(set *settings, length int) (data []byte, counted, need int, err error) {
	if set.packet == PacketRaw {
		in.decoder.Configure(framing.Config{}) // packets are looked at anew after this
		data, counted, need = in.cutRaw(length, set.buffer)
		return data, counted, need, nil
	}
	in.decoder.Configure(set.framing())
	f, err := in.decoder.Next(in.buf)
	if err != nil {
		return nil, 0, 0, syscall.EMSGSIZE
	}
	if f.Consumed == 0 {
		return nil, -1, max(f.Need-len(in.buf), set.buffer), nil
	}
	data = in.own(f.Packet, f.Consumed)
	return data, f.Consumed, 0, nil
}

func (in *input) cutRaw(length, buffer int) (data []byte, counted, need int) {
	n := length
	if n == 0 {
		n = min(len(in.buf), buffer)
		if n == 0 {
			return nil, -1, buffer
		}
	}
	if len(in.buf) < n {
		return nil, -1, n - len(in.buf)
	}
	return in.own(in.buf[:n], n), n, 0
}

// spareMax is how many bytes of room a packet may bring to the user where that
// saves a copy.
const spareMax = 64

// own returns packet, a part of the first consumed bytes of the buffer, for
// the caller to keep, and drops those bytes.
func (in *input) own(packet []byte, consumed int) []byte {
	if consumed == len(in.buf) && cap(in.buf) <= max(2*consumed, spareMax) {
		in.buf = nil
		return packet[:len(packet):len(packet)]
	}
	packet = append([]byte(nil), packet...)
	if in.buf = in.buf[consumed:]; len(in.buf) == 0 {
		in.buf = nil
	}
	return packet
}

// fill reads at most need bytes. It answers the network's error if nothing
// was read.
func (in *input) fill(conn NetConn, need int) error {
	tmp := scratch.Get().(*[readChunk]byte)
	defer scratch.Put(tmp)
	n, err := conn.TryRead(tmp[:min(need, readChunk)])
	if n > 0 {
		in.buf = append(in.buf, tmp[:n]...)
		return nil
	}
	return err
}
