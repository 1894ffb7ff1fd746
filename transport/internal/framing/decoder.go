package framing

import (
	"bytes"
	"fmt"
	"syscall"
)

// Frame is what Next found at the start of a buffer.
type Frame struct {
	// Packet is delivered to the user: a part of the buffer, perhaps empty.
	Packet []byte
	// Consumed is how many bytes the packet takes from the buffer, header
	// and padding included; 0 means that there is no whole packet yet.
	Consumed int
	// Need is how many bytes the buffer must hold before another call can
	// find more, if Consumed is 0. It may be one more than there are, and it
	// comes from the peer: never allocate that much at once.
	Need int
}

// Decoder cuts one stream. The zero value is for Raw.
type Decoder struct {
	cfg     Config
	scanned int // bytes of the buffer known to hold no delimiter
}

// Configure changes how the stream is cut from here on. Bytes that are
// buffered already are looked at anew.
func (d *Decoder) Configure(cfg Config) {
	if cfg != d.cfg {
		d.cfg, d.scanned = cfg, 0
	}
}

// Next finds the first packet in buf, which starts with the first byte that
// no earlier call consumed and is borrowed. An error means that the stream
// cannot go on; it wraps syscall.EMSGSIZE and names the type and the limit.
func (d *Decoder) Next(buf []byte) (Frame, error) {
	switch d.cfg.Type {
	case Raw:
		if len(buf) == 0 {
			return Frame{Need: 1}, nil
		}
		return Frame{Packet: buf, Consumed: len(buf)}, nil
	case Line:
		return d.line(buf)
	}
	h, need, ok := parseHeader(d.cfg.Type, buf)
	if !ok {
		return Frame{}, fmt.Errorf("framing: malformed header of a %s packet: %w", d.cfg.Type, syscall.EMSGSIZE)
	}
	if need > 0 {
		return Frame{Need: need}, nil
	}
	if limit := d.cfg.maxBody(); h.body > uint64(limit) {
		return Frame{}, d.tooLong(h.body, limit)
	}
	end := h.size + int(h.body)
	if len(buf) < end+h.padding {
		return Frame{Need: end + h.padding}, nil
	}
	return Frame{Packet: buf[h.strip:end:end], Consumed: end + h.padding}, nil
}

// line finds a line, or a piece of a long one.
func (d *Decoder) line(buf []byte) (Frame, error) {
	limit, pieces := d.cfg.maxBody(), false
	if d.cfg.Max <= 0 && d.cfg.LineMax > 0 && d.cfg.LineMax <= limit {
		limit, pieces = d.cfg.LineMax, true
	}
	head := buf[:min(len(buf), limit)]
	from := min(d.scanned, len(head))
	if i := bytes.IndexByte(head[from:], d.cfg.Delimiter); i >= 0 {
		return d.cut(buf, from+i+1), nil
	}
	if pieces && len(head) == limit {
		return d.cut(buf, limit), nil
	}
	if len(buf) > limit {
		return Frame{}, d.tooLong(uint64(len(buf)), limit)
	}
	d.scanned = len(head)
	return Frame{Need: len(buf) + 1}, nil
}

// cut takes n bytes for a line.
func (d *Decoder) cut(buf []byte, n int) Frame {
	d.scanned = 0
	return Frame{Packet: buf[:n:n], Consumed: n}
}

func (d *Decoder) tooLong(n uint64, limit int) error {
	return fmt.Errorf("framing: %s packet of %d bytes or more, the limit is %d: %w", d.cfg.Type, n, limit, syscall.EMSGSIZE)
}
