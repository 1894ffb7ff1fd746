package notation

import (
	"fmt"
	"strings"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// flagLetters are in the order in which they are written.
var flagLetters = []struct {
	letter byte
	bit    fault.Flags
}{
	{'S', fault.SYN}, {'F', fault.FIN}, {'R', fault.RST}, {'P', fault.PSH},
	{'U', fault.URG}, {'E', fault.ECE}, {'W', fault.CWR}, {'.', fault.ACK},
}

// letters writes flags, like "S." or "-".
func letters(f fault.Flags) string {
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

// parseFlags reads what letters writes, in any order.
func parseFlags(text string) (fault.Flags, error) {
	if text == "-" {
		return 0, nil
	}
	var f fault.Flags
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
