package framing

import (
	"encoding/binary"
	"fmt"
	"math"
	"syscall"
)

// AppendHeader appends to dst the length header of a body of bodyBytes bytes:
// for Len1, Len2 and Len4; the other types have none on sending. A body whose
// length does not fit gives an error that wraps syscall.EMSGSIZE.
func AppendHeader(dst []byte, t Type, bodyBytes int) ([]byte, error) {
	limit := math.MaxInt
	switch t {
	case Len1:
		limit = math.MaxUint8
	case Len2:
		limit = math.MaxUint16
	case Len4:
		limit = math.MaxInt32
	}
	if bodyBytes < 0 || bodyBytes > limit {
		return dst, fmt.Errorf("framing: a %s packet cannot have %d bytes, at most %d: %w", t, bodyBytes, limit, syscall.EMSGSIZE)
	}
	switch t {
	case Len1:
		dst = append(dst, byte(bodyBytes))
	case Len2:
		dst = binary.BigEndian.AppendUint16(dst, uint16(bodyBytes))
	case Len4:
		dst = binary.BigEndian.AppendUint32(dst, uint32(bodyBytes))
	}
	return dst, nil
}
