package pcap

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/seed-731cb71d/warren/netstack"
)

// packetBytesMax is the largest IP packet that a link can carry.
const packetBytesMax = 65535 + 40

// Config describes a capture. The zero value captures whole packets at the
// system's time through a buffer of 64 KiB.
type Config struct {
	// Clock gives the packets' times; nil is the system's clock. Give the
	// stack's clock where that has one of its own.
	Clock netstack.Clock

	// BufferBytes is how much is collected before it is written out: 0
	// means 64 KiB; negative means that each packet is written at once, for
	// a program that watches the capture grow.
	BufferBytes int

	// SnapBytes is how much of each packet is kept, from its start: 0 means
	// all of it; negative is refused.
	SnapBytes int

	// Comment is what Wireshark shows as the comment of the whole file; "" is
	// none, and what exceeds 4096 bytes is cut.
	Comment string
}

// bufferBytes applies the default. The library's own buffer is never smaller
// than 4 KiB, so a smaller one of ours would only be a second copy.
func (c Config) bufferBytes() int {
	if c.BufferBytes == 0 {
		return 64 << 10
	}
	return max(c.BufferBytes, 4<<10)
}

// now is the function that gives the packets' times.
func (c Config) now() func() time.Time {
	if c.Clock == nil {
		return systemNow
	}
	return c.Clock.Now
}

// Writer writes one pcapng file with the packets of any number of links. Its
// memory is its buffer and one packet. The first error of the destination
// ends the capture and is returned by every later call, while the links go on
// undisturbed. Methods may be called concurrently.
type Writer struct {
	now       func() time.Time
	live      bool
	snapBytes int
	comment   string

	mu         sync.Mutex
	buf        *bufio.Writer
	file       *pcapgo.NgWriter // nil until the first interface is known
	interfaces int
	scratch    []byte
	stats      Stats
	err        error // why the capture ended; net.ErrClosed after Close
}

// Stats counts what a Writer has seen.
type Stats struct {
	Packets uint64 // packets written, perhaps still in the buffer
	Bytes   uint64 // their bytes before Config.SnapBytes cut them
	Missed  uint64 // packets that came after an error or after Close
}

// NewWriter starts a capture that goes to w. Writing is done inside the
// stack's calls, so w should be a file or memory rather than something that
// can wait for a reader. The Writer does not close w.
func NewWriter(w io.Writer, cfg Config) (*Writer, error) {
	if w == nil {
		return nil, errors.New("pcap: NewWriter: w is nil: give it a destination, such as a file")
	}
	if cfg.SnapBytes < 0 {
		return nil, fmt.Errorf("pcap: Config.SnapBytes is %d: give 0 for whole packets or a number of bytes", cfg.SnapBytes)
	}
	return &Writer{
		now:       cfg.now(),
		live:      cfg.BufferBytes < 0,
		snapBytes: cfg.SnapBytes,
		comment:   cut(cfg.Comment),
		buf:       bufio.NewWriterSize(w, cfg.bufferBytes()),
		scratch:   make([]byte, packetBytesMax),
	}, nil
}

// Flush writes out what the buffer holds, so that the file can be read up to
// the last packet.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flushLocked()
	return w.err
}

// Close writes out what is left and ends the capture; packets that come later
// are only counted. A capture without a link becomes a valid empty file. It
// returns the error that ended the capture, if one did. Idempotent.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && w.file == nil {
		_, w.err = w.addInterfaceLocked("none", "")
	}
	w.flushLocked()
	switch {
	case errors.Is(w.err, net.ErrClosed):
		return nil
	case w.err == nil:
		w.err = net.ErrClosed
		return nil
	}
	return w.err
}

// Stats returns the counters.
func (w *Writer) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// addInterface declares an interface and returns its number in the file; an
// empty name becomes link0, link1, and so on.
func (w *Writer) addInterface(name, comment string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, fmt.Errorf("pcap: the capture has ended: %w", w.err)
	}
	if name == "" {
		name = fmt.Sprintf("link%d", w.interfaces)
	}
	id, err := w.addInterfaceLocked(name, comment)
	w.err = err
	return id, err
}

func (w *Writer) addInterfaceLocked(name, comment string) (int, error) {
	id := w.interfaces
	description := pcapgo.NgInterface{
		Name:       name,
		Comment:    comment,
		LinkType:   layers.LinkTypeRaw,
		SnapLength: uint32(w.snapBytes),
	}
	var err error
	if w.file == nil {
		section := pcapgo.NgSectionInfo{Application: "warren", Comment: w.comment}
		w.file, err = pcapgo.NewNgWriterInterface(w.buf, description, pcapgo.NgWriterOptions{SectionInfo: section})
	} else {
		id, err = w.file.AddInterface(description)
	}
	w.interfaces++
	return id, err
}

// The options of a packet block that say which way the packet went, seen from
// the stack.
var (
	inbound  = pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionInbound}}
	outbound = pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}}
)

// packets writes pkts, which it only borrows, as seen now on interface id.
func (w *Writer) packets(id int, direction pcapgo.NgPacketOptions, pkts []*netstack.Packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range pkts {
		if w.err != nil {
			w.stats.Missed++
			continue
		}
		data := w.scratch[:p.CopyTo(w.scratch)]
		if w.snapBytes > 0 {
			data = data[:min(len(data), w.snapBytes)]
		}
		w.stats.Packets++
		w.stats.Bytes += uint64(p.Len())
		w.err = w.file.WritePacketWithOptions(gopacket.CaptureInfo{
			Timestamp:      w.now(),
			CaptureLength:  len(data),
			Length:         p.Len(),
			InterfaceIndex: id,
		}, data, direction)
	}
	if w.live {
		w.flushLocked()
	}
}

// flushLocked writes the buffer out unless the capture has ended.
func (w *Writer) flushLocked() {
	if w.err == nil && w.file != nil {
		w.err = w.file.Flush()
	}
	if w.err == nil {
		w.err = w.buf.Flush()
	}
}
