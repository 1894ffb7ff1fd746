package framing

import "encoding/binary"

// header is what the first bytes of a packet say.
type header struct {
	size    int    // bytes of the header
	strip   int    // bytes at the start that are not delivered
	body    uint64 // bytes after the header, unchecked
	padding int    // bytes after the body that are not delivered
}

// parseHeader reads the header at the start of buf. need > 0 is how many bytes
// that takes if buf is shorter; ok is false for a header that cannot be.
func parseHeader(t Type, buf []byte) (h header, need int, ok bool) {
	switch t {
	case ASN1:
		return parseASN1(buf)
	case Len1:
		h.size = 1
	case Len2:
		h.size = 2
	case Len4, SunRM, TPKT:
		h.size = 4
	case FCGI:
		h.size = 8
	case CDR:
		h.size = 12
	default:
		return h, 0, false
	}
	if len(buf) < h.size {
		return h, h.size, plausible(t, buf)
	}
	ok = plausible(t, buf)
	switch t {
	case Len1:
		h.strip, h.body = 1, uint64(buf[0])
	case Len2:
		h.strip, h.body = 2, uint64(binary.BigEndian.Uint16(buf))
	case Len4:
		n := binary.BigEndian.Uint32(buf)
		h.strip, h.body = 4, uint64(n)
		ok = n < 1<<31
	case SunRM:
		// The top bit marks the last fragment (RFC 5531 section 11).
		h.body = uint64(binary.BigEndian.Uint32(buf) &^ (1 << 31))
	case TPKT:
		// The length includes the header (RFC 1006 section 6).
		n := binary.BigEndian.Uint16(buf[2:])
		h.body = uint64(n) - 4
		ok = ok && n >= 4
	case FCGI:
		h.body = uint64(binary.BigEndian.Uint16(buf[4:]))
		h.padding = int(buf[6])
	case CDR:
		h.body = uint64(binary.BigEndian.Uint32(buf[8:]))
		if buf[6]&1 != 0 {
			h.body = uint64(binary.LittleEndian.Uint32(buf[8:]))
		}
	}
	return h, 0, ok
}

// plausible checks the magic numbers as far as they have arrived, so that a
// stream of something else is refused at its first bytes.
func plausible(t Type, buf []byte) bool {
	magic := ""
	switch t {
	case TPKT:
		magic = "\x03"
	case FCGI:
		magic = "\x01"
	case CDR:
		magic = "GIOP"
	}
	n := min(len(magic), len(buf))
	return string(buf[:n]) == magic[:n]
}

// parseASN1 reads a BER identifier and length (ITU-T X.690 section 8.1). As in
// gen_tcp the indefinite form counts as length 0.
func parseASN1(buf []byte) (h header, need int, ok bool) {
	const tagMax, lengthMax = 10, 4 // bytes; more cannot be meant
	size := 1
	if len(buf) > 0 && buf[0]&0x1f == 0x1f {
		for more := true; more; size++ {
			if size > tagMax {
				return h, 0, false
			}
			if size >= len(buf) {
				return h, size + 1, true
			}
			more = buf[size]&0x80 != 0
		}
	}
	if size >= len(buf) {
		return h, size + 1, true
	}
	length := buf[size]
	size++
	if length&0x80 == 0 {
		return header{size: size, body: uint64(length)}, 0, true
	}
	n := int(length &^ 0x80)
	if n > lengthMax {
		return h, 0, false
	}
	if len(buf) < size+n {
		return h, size + n, true
	}
	for _, b := range buf[size : size+n] {
		h.body = h.body<<8 | uint64(b)
	}
	h.size = size + n
	return h, 0, true
}
