package notation

import (
	"fmt"
	"strings"
)

// Flags are the control bits of a TCP header, RFC 9293 section 3.1.
type Flags uint8

// The control bits.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// flagLetters are in the order in which they are written.
var flagLetters = []struct {
	letter byte
	bit    Flags
}{{'S', SYN}, {'F', FIN}, {'R', RST}, {'P', PSH}, {'U', URG}, {'E', ECE}, {'W', CWR}, {'.', ACK}}

// String is like "S." or "-".
func (f Flags) String() string {
	var b strings.Builder
	for _, l := range flagLetters {
		if f&l.bit != 0 {
			b.WriteByte(l.letter)
		}
	}
	if b.Len() == 0 {
		return "-"
	}
	return b.String()
}

// parseFlags reads what String writes, the letters in any order.
func parseFlags(text string) (Flags, error) {
	if text == "-" {
		return 0, nil
	}
	var f Flags
next:
	for i := range len(text) {
		for _, l := range flagLetters {
			if l.letter != text[i] {
				continue
			}
			if f&l.bit != 0 {
				return 0, fmt.Errorf("the flag %q stands twice in %q: write it once", text[i:i+1], text)
			}
			f |= l.bit
			continue next
		}
		return 0, fmt.Errorf("%q are no TCP flags: write letters of SFRPUEW and a dot for ACK, such as S, S., P. or R, or - for none", text)
	}
	return f, nil
}
