package transport

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// asInt takes any integer type that fits an int. A time.Duration is not a
// number, and neither is a packet type.
func asInt(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int8:
		return int(n), true
	case int16:
		return int(n), true
	case int32:
		return int(n), true
	case int64:
		return int(n), int64(int(n)) == n
	case uint8:
		return int(n), true
	case uint16:
		return int(n), true
	case uint32:
		return int(n), uint64(n) <= math.MaxInt
	case uint64:
		return int(n), n <= math.MaxInt
	case uint:
		return int(n), n <= math.MaxInt
	}
	return 0, false
}

// asIntIn takes an integer from lo to hi.
func asIntIn(v any, lo, hi int) (int, bool) {
	n, ok := asInt(v)
	return n, ok && n >= lo && n <= hi
}

// asSendTimeout takes a time.Duration that is Infinity or not negative, a
// number of milliseconds as in gen_tcp, or AtomInfinity.
func asSendTimeout(v any) (time.Duration, bool) {
	switch v := v.(type) {
	case time.Duration:
		return v, v >= 0 || v == Infinity
	case Atom:
		return Infinity, v == AtomInfinity
	}
	ms, ok := asIntIn(v, 0, math.MaxInt32)
	return time.Duration(ms) * time.Millisecond, ok
}

// asAddr takes an address: netip.Addr or net.IP, AtomAny for the zero
// address, AtomLoopback for loopback. Text is no address here, as in gen_tcp.
func asAddr(v any) (addr netip.Addr, loopback, ok bool) {
	switch v := v.(type) {
	case netip.Addr:
		return v, false, v.IsValid()
	case net.IP:
		addr, ok = netip.AddrFromSlice(v)
		return addr.Unmap(), false, ok
	case Atom:
		return netip.Addr{}, v == AtomLoopback, v == AtomAny || v == AtomLoopback
	}
	return netip.Addr{}, false, false
}

// asMode takes a Mode or one of the symbols list and binary.
func asMode(v any) (Mode, bool) {
	switch v := v.(type) {
	case Mode:
		return v, v == ModeList || v == ModeBinary
	case Atom:
		if v == "list" {
			return ModeList, true
		}
		return ModeBinary, v == "binary"
	}
	return 0, false
}

// printValue prints an option's value for a message: scalars as they are, all
// else by type, so that no value is too long or too deep to print.
func printValue(v any) string {
	switch v := v.(type) {
	case Atom:
		return clip(string(v))
	case string:
		return strconv.Quote(clip(v))
	case netip.Addr, net.IP, time.Duration, LingerValue, PacketType, bool,
		int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return clip(fmt.Sprint(v))
	}
	return clip(fmt.Sprintf("%T", v))
}

// clip shortens text for a message.
func clip(s string) string {
	const textMax = 64 // bytes
	if len(s) <= textMax {
		return s
	}
	return strings.ToValidUTF8(s[:textMax], "") + "..."
}
