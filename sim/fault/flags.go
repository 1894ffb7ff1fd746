package fault

import (
	"fmt"
	"strconv"
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

var flagNames = [8]string{"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"}

// String is like "syn+ack"; no flags are "none".
func (f Flags) String() string {
	if f == 0 {
		return "none"
	}
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

func parseFlags(text string) (Flags, error) {
	var f Flags
	for name := range strings.SplitSeq(text, "+") {
		i := 0
		for i < len(flagNames) && flagNames[i] != name {
			i++
		}
		if i == len(flagNames) {
			return 0, fmt.Errorf("no TCP flag is called %q: join names of %s by +, as in syn+ack", name, strings.Join(flagNames[:], " "))
		}
		f |= 1 << i
	}
	return f, nil
}

// protoName is the protocol's name, or its number.
func protoName(proto uint8) string {
	switch proto {
	case ICMPv4:
		return "icmp"
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case ICMPv6:
		return "icmp6"
	}
	return strconv.Itoa(int(proto))
}

func parseProto(text string) (uint8, error) {
	for _, proto := range []uint8{ICMPv4, TCP, UDP, ICMPv6} {
		if protoName(proto) == text {
			return proto, nil
		}
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("no such protocol: write tcp, udp, icmp, icmp6 or a number from 1 to 255")
	}
	return uint8(n), nil
}
