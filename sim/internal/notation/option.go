package notation

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of TCP options that have a name, after RFC 9293 section 3.1, RFC
// 7323 and RFC 2018.
const (
	kindEnd       = 0
	kindNop       = 1
	kindMSS       = 2
	kindScale     = 3
	kindSACKOK    = 4
	kindSACK      = 5
	kindTimestamp = 8
)

// optionBytesMax is the room for options in a TCP header.
const optionBytesMax = 40

// Option is one TCP option.
type Option struct {
	Kind     uint8
	MSS      uint16      // of mss
	Scale    uint8       // of wscale
	Val, Ecr uint32      // of TS
	Blocks   [][2]uint32 // of sack: first and next number of each
	Data     []byte      // of a kind without a name
}

// appendTo appends the option as bytes.
func (o Option) appendTo(b []byte) []byte {
	switch o.Kind {
	case kindEnd, kindNop:
		return append(b, o.Kind)
	case kindMSS:
		return binary.BigEndian.AppendUint16(append(b, kindMSS, 4), o.MSS)
	case kindScale:
		return append(b, kindScale, 3, o.Scale)
	case kindSACKOK:
		return append(b, kindSACKOK, 2)
	case kindTimestamp:
		b = binary.BigEndian.AppendUint32(append(b, kindTimestamp, 10), o.Val)
		return binary.BigEndian.AppendUint32(b, o.Ecr)
	case kindSACK:
		b = append(b, kindSACK, byte(2+8*len(o.Blocks)))
		for _, block := range o.Blocks {
			b = binary.BigEndian.AppendUint32(b, block[0])
			b = binary.BigEndian.AppendUint32(b, block[1])
		}
		return b
	}
	return append(append(b, o.Kind, byte(2+len(o.Data))), o.Data...)
}

// decodeOptions reads the options of a header. What does not parse ends them:
// it is given as one option of its kind with the bytes that are there.
func decodeOptions(b []byte) []Option {
	var all []Option
	for len(b) > 0 {
		if b[0] == kindEnd || b[0] == kindNop {
			all = append(all, Option{Kind: b[0]})
			if b[0] == kindEnd {
				return all // the rest is padding
			}
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return append(all, Option{Kind: b[0], Data: b[1:]})
		}
		all = append(all, decodeOption(b[0], b[2:b[1]]))
		b = b[b[1]:]
	}
	return all
}

// decodeOption reads one option. One of a known kind and a wrong length keeps
// its bytes.
func decodeOption(kind uint8, b []byte) Option {
	o := Option{Kind: kind}
	switch {
	case kind == kindMSS && len(b) == 2:
		o.MSS = binary.BigEndian.Uint16(b)
	case kind == kindScale && len(b) == 1:
		o.Scale = b[0]
	case kind == kindSACKOK && len(b) == 0:
	case kind == kindTimestamp && len(b) == 8:
		o.Val, o.Ecr = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	case kind == kindSACK && len(b) > 0 && len(b)%8 == 0:
		for ; len(b) > 0; b = b[8:] {
			o.Blocks = append(o.Blocks, [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])})
		}
	default:
		o.Data = append([]byte{}, b...)
	}
	return o
}

// String is the option as packetdrill writes it. A kind without a name is its
// number and its bytes: "0x1e 0102".
func (o Option) String() string {
	switch {
	case o.Data != nil:
	case o.Kind == kindEnd:
		return "eol"
	case o.Kind == kindNop:
		return "nop"
	case o.Kind == kindMSS:
		return fmt.Sprintf("mss %d", o.MSS)
	case o.Kind == kindScale:
		return fmt.Sprintf("wscale %d", o.Scale)
	case o.Kind == kindSACKOK:
		return "sackOK"
	case o.Kind == kindTimestamp:
		return fmt.Sprintf("TS val %d ecr %d", o.Val, o.Ecr)
	case o.Kind == kindSACK:
		var b strings.Builder
		b.WriteString("sack")
		for _, block := range o.Blocks {
			fmt.Fprintf(&b, " %d:%d", block[0], block[1])
		}
		return b.String()
	}
	return strings.TrimRight(fmt.Sprintf("%#02x %x", o.Kind, o.Data), " ")
}

// parseOption reads what String writes.
func parseOption(text string) (Option, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Option{}, fmt.Errorf("an option is missing: write for instance <mss 1460,sackOK>")
	}
	args := words[1:]
	switch words[0] {
	case "eol":
		return Option{Kind: kindEnd}, noArguments(words[0], args)
	case "nop":
		return Option{Kind: kindNop}, noArguments(words[0], args)
	case "sackOK":
		return Option{Kind: kindSACKOK}, noArguments(words[0], args)
	case "mss":
		n, err := oneNumber(words[0], args, 16)
		return Option{Kind: kindMSS, MSS: uint16(n)}, err
	case "wscale":
		n, err := oneNumber(words[0], args, 8)
		return Option{Kind: kindScale, Scale: uint8(n)}, err
	case "TS":
		return parseTimestamp(args)
	case "sack":
		return parseSACK(args)
	}
	if number, ok := strings.CutPrefix(words[0], "0x"); ok && len(args) <= 1 {
		kind, err := strconv.ParseUint(number, 16, 8)
		data, dataErr := hex.DecodeString(strings.Join(args, ""))
		if err == nil && dataErr == nil && kind > kindNop && len(data) <= optionBytesMax {
			return Option{Kind: uint8(kind), Data: append([]byte{}, data...)}, nil
		}
	}
	return Option{}, fmt.Errorf("there is no option %q: write one of mss N, wscale N, sackOK, sack A:B, TS val N ecr N, nop, eol, or a kind and its bytes such as 0x1e 0102", strings.Join(words, " "))
}

func noArguments(name string, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("the option %s is followed by %q: separate options by commas", name, args[0])
	}
	return nil
}

func oneNumber(name string, args []string, bits int) (uint64, error) {
	if len(args) == 1 {
		if n, err := strconv.ParseUint(args[0], 10, bits); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("the option %s is given as %q: write %s and a number up to %d", name, strings.Join(args, " "), name, uint64(1)<<bits-1)
}

// parseTimestamp reads "val N ecr N".
func parseTimestamp(args []string) (Option, error) {
	if len(args) == 4 && args[0] == "val" && args[2] == "ecr" {
		val, err := strconv.ParseUint(args[1], 10, 32)
		ecr, ecrErr := strconv.ParseUint(args[3], 10, 32)
		if err == nil && ecrErr == nil {
			return Option{Kind: kindTimestamp, Val: uint32(val), Ecr: uint32(ecr)}, nil
		}
	}
	return Option{}, fmt.Errorf("the option TS is given as %q: write TS val N ecr N", strings.Join(args, " "))
}

// parseSACK reads "A:B C:D".
func parseSACK(args []string) (Option, error) {
	o := Option{Kind: kindSACK}
	for _, arg := range args {
		first, next, _ := strings.Cut(arg, ":")
		a, err := strconv.ParseUint(first, 10, 32)
		b, nextErr := strconv.ParseUint(next, 10, 32)
		if err != nil || nextErr != nil {
			return o, fmt.Errorf("the block %q of sack is no range: write its first and next number, such as sack 1001:2001", arg)
		}
		o.Blocks = append(o.Blocks, [2]uint32{uint32(a), uint32(b)})
	}
	if len(o.Blocks) == 0 || len(o.Blocks) > 4 {
		return o, fmt.Errorf("the option sack has %d blocks: give 1 to 4, such as sack 1001:2001", len(o.Blocks))
	}
	return o, nil
}
