package pcap

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// commentBytesMax bounds a packet's comment; a pcapng option could hold 65535
// bytes.
const commentBytesMax = 4096

// Record is one packet that did not pass a Link of this package, as a
// simulator has it.
type Record struct {
	Interface int       // as AddInterface gave it
	Time      time.Time // of which the file keeps nanoseconds; from 1970 to 2262
	Bytes     []byte    // a whole IP packet, borrowed
	Outbound  bool      // it left the interface; else it arrived there
	Comment   string    // what Wireshark shows beside it; "" is none, the excess over 4096 bytes is cut
}

// AddInterface declares an interface for Write and returns its number in the
// file; an empty name becomes link0, link1, and so on. Comment is shown with
// the interface; "" is none.
func (w *Writer) AddInterface(name, comment string) (int, error) {
	if len(name) > nameBytesMax {
		return 0, fmt.Errorf("pcap: AddInterface: name has %d bytes: give it at most %d", len(name), nameBytesMax)
	}
	return w.addInterface(name, cut(comment))
}

// Write writes one packet. Config.Clock has no part in it: packets stand in the
// file in the order of the calls, with the times given.
func (w *Writer) Write(r Record) error {
	if len(r.Bytes) > packetBytesMax {
		return fmt.Errorf("pcap: Record.Bytes has %d bytes: no IP packet has more than %d", len(r.Bytes), packetBytesMax)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Interface < 0 || r.Interface >= w.interfaces {
		return fmt.Errorf("pcap: Record.Interface is %d: give it a number that AddInterface returned", r.Interface)
	}
	if w.err != nil {
		w.stats.Missed++
		if errors.Is(w.err, net.ErrClosed) {
			return fmt.Errorf("pcap: the capture has ended: %w", w.err)
		}
		return w.err
	}
	data := r.Bytes
	if w.snapBytes > 0 {
		data = data[:min(len(data), w.snapBytes)]
	}
	options := pcapgo.NgPacketOptions{Flags: inbound.Flags}
	if r.Outbound {
		options.Flags = outbound.Flags
	}
	if r.Comment != "" {
		options.Comments = []string{cut(r.Comment)}
	}
	w.stats.Packets++
	w.stats.Bytes += uint64(len(r.Bytes))
	w.err = w.file.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp:      r.Time,
		CaptureLength:  len(data),
		Length:         len(r.Bytes),
		InterfaceIndex: r.Interface,
	}, data, options)
	if w.live {
		w.flushLocked()
	}
	return w.err
}

// cut shortens a comment that would be too long for the format.
func cut(comment string) string {
	if len(comment) > commentBytesMax {
		return strings.ToValidUTF8(comment[:commentBytesMax-3], "") + "..." // half a character may be last
	}
	return comment
}
