package framing

import "strconv"

// Type is a way to cut a byte stream into packets.
type Type uint8

// The types. The first four equal gen_tcp's numbers.
const (
	Raw  Type = 0 // no packets: whatever is there
	Len1 Type = 1 // 1 length byte, then the body
	Len2 Type = 2 // 2 length bytes, big endian
	Len4 Type = 4 // 4 length bytes, big endian, at most 2^31-1

	Line  Type = 16 // up to and with a delimiter byte
	ASN1  Type = 17 // ITU-T X.690 tag and length, definite form
	SunRM Type = 18 // RFC 5531 section 11 record fragment
	CDR   Type = 19 // GIOP message
	FCGI  Type = 20 // FastCGI record
	TPKT  Type = 21 // RFC 1006 section 6
)

// names are gen_tcp's words.
var names = map[Type]string{
	Raw: "raw", Line: "line", ASN1: "asn1", SunRM: "sunrm", CDR: "cdr", FCGI: "fcgi", TPKT: "tpkt",
}

// String returns gen_tcp's word: "raw", "1", "line".
func (t Type) String() string {
	if name, ok := names[t]; ok {
		return name
	}
	return strconv.Itoa(int(t))
}

// DefaultMax bounds a packet's body where Config.Max is 0. It is what a raw
// Receive is bounded by, too.
const DefaultMax = 64 << 20

// Config says how a stream is cut.
type Config struct {
	Type Type
	// Max bounds a packet's body in bytes, without the length header (for
	// Line: the whole line). 0 means DefaultMax.
	Max int
	// LineMax is the longest piece of a line that is delivered when Max is
	// 0; a longer line comes in pieces of that length. 0 means no pieces.
	LineMax int
	// Delimiter ends a line.
	Delimiter byte
}

// bodyMax leaves room for a header in an int of 32 bits.
const bodyMax = 1<<31 - 1<<16

// maxBody returns the limit that holds.
func (c Config) maxBody() int {
	if c.Max > 0 {
		return min(c.Max, bodyMax)
	}
	return DefaultMax
}
