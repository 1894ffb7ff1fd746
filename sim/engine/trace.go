package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// TraceConfig says what a Trace keeps.
type TraceConfig struct {
	Ring   int  // how many of the last records to keep: 0 is 64, below 0 none
	Full   bool // keep all records, up to Most
	Most   int  // 0 is 250000; each takes some 300 bytes and, on entering, its packet
	NoHash bool // for measurements: Sum is then ""
}

// Trace is what happened to packets, in order: a rolling hash of everything
// and records of some or all of it. It belongs to the goroutine that steps.
type Trace struct {
	cfg     TraceConfig
	hash    hash.Hash
	scratch []byte
	packets uint64
	records uint64
	ring    []Record // grows up to cfg.Ring
	full    []Record
}

// Kind is what a Record is about.
type Kind uint8

// The kinds.
const (
	Entered   Kind = iota // a packet came onto a path and was judged
	Dropped               // it was dropped later: by a queue, or with nobody to take it
	Delivered             // it arrived at the path's far end
	Lost                  // it found no path from a port
)

// String is a word for the kind.
func (k Kind) String() string {
	return [...]string{"entered", "dropped", "delivered", "lost"}[k]
}

// Record is one thing that happened to a packet.
type Record struct {
	Kind   Kind
	At     time.Duration
	Packet uint64 // which one: the number of its Entered or Lost record, from 1
	Copy   uint64 // 0, or which of its copies by a fault
	Path   string // for Lost the port
	Flow   fault.Flow
	Index  uint64 // in its flow on its path
	Drop   Drop   // why it was dropped, if it was
	Bytes  []byte // of Entered and Lost: the packet as it came, before any fault
	Size   int    // in bytes

	Copies int           // by a fault, as what follows
	Delay  time.Duration // out of order
	Behind int           // packets to let pass
	Hold   time.Duration // in order
	Flips  []fault.Flip  // bits that were inverted
	Fixed  bool          // with checksums made right again
	By     string        // the faults that made the verdict
}

// Hosts are the hosts at the ends of the record's path, from its name; of Lost
// there is only the first.
func (r *Record) Hosts() (from, to string) {
	first, second, _ := strings.Cut(r.Path, ">")
	from, _, _ = strings.Cut(first, "/")
	to, _, _ = strings.Cut(second, "/")
	return from, to
}

const (
	traceRing = 64
	traceMost = 250_000
)

// NewTrace returns an empty trace.
func NewTrace(cfg TraceConfig) *Trace {
	if cfg.Ring == 0 {
		cfg.Ring = traceRing
	}
	if cfg.Most <= 0 {
		cfg.Most = traceMost
	}
	return &Trace{cfg: cfg, hash: sha256.New()}
}

// Sum is the hash of everything so far, as hexadecimal digits.
func (t *Trace) Sum() string {
	if t.cfg.NoHash {
		return ""
	}
	return hex.EncodeToString(t.hash.Sum(nil))
}

// Len counts what has happened, whether or not it was kept.
func (t *Trace) Len() uint64 { return t.records }

// Packets counts the packets that entered a path, once for each path, and
// those that found none.
func (t *Trace) Packets() uint64 { return t.packets }

// Last returns copies of the last records, the oldest first.
func (t *Trace) Last() []Record {
	at := 0
	if len(t.ring) == t.cfg.Ring {
		at = int(t.records % uint64(t.cfg.Ring))
	}
	last := slices.Concat(t.ring[at:], t.ring[:at])
	for i := range last {
		last[i].Bytes = slices.Clone(last[i].Bytes)
	}
	return last
}

// All returns the records of a Full trace, and whether they are complete:
// not if there were more than TraceConfig.Most. They are borrowed.
func (t *Trace) All() (records []Record, complete bool) {
	return t.full, uint64(len(t.full)) == t.records
}

func (t *Trace) entered(tr *transit, v *fault.Verdict, why Drop) uint64 {
	if t == nil {
		return 0
	}
	t.packets++
	r := Record{
		Kind: Entered, At: tr.seen.Now, Packet: t.packets, Path: tr.path.name,
		Index: tr.seen.Index, Drop: why, Bytes: tr.seen.Bytes,
	}
	if v != nil {
		r.Copies, r.Delay, r.Behind, r.Hold = v.Copies, v.Delay, v.Behind, v.Hold
		r.Flips, r.Fixed, r.By = v.Corrupt, v.FixChecksum, v.By
	}
	t.add(tr, &r)
	return t.packets
}

func (t *Trace) dropped(tr *transit, now time.Duration, why Drop) {
	if t != nil {
		t.add(tr, &Record{Kind: Dropped, At: now, Packet: tr.id, Copy: tr.copy, Path: tr.path.name, Index: tr.seen.Index, Drop: why})
	}
}

func (t *Trace) delivered(tr *transit, now time.Duration) {
	if t != nil {
		t.add(tr, &Record{Kind: Delivered, At: now, Packet: tr.id, Copy: tr.copy, Path: tr.path.name, Index: tr.seen.Index})
	}
}

func (t *Trace) lost(tr *transit, now time.Duration, why Drop) {
	if t != nil {
		t.packets++
		t.add(tr, &Record{Kind: Lost, At: now, Packet: t.packets, Path: tr.port.name, Drop: why, Bytes: tr.seen.Bytes})
	}
}

// add hashes a record and keeps it where it is to be kept. r.Bytes is
// borrowed.
func (t *Trace) add(tr *transit, r *Record) {
	r.Flow, r.Size = tr.seen.Flow, tr.size
	if !t.cfg.NoHash {
		t.scratch = r.appendHead(t.scratch[:0])
		t.hash.Write(t.scratch)
		t.hash.Write(r.Bytes)
	}
	if n := t.cfg.Ring; n > 0 {
		if len(t.ring) < n {
			t.ring = append(t.ring, Record{})
		}
		slot := &t.ring[t.records%uint64(n)]
		memory := append(slot.Bytes[:0], r.Bytes...)
		*slot = *r
		slot.Bytes = memory
	}
	if t.cfg.Full && len(t.full) < t.cfg.Most {
		kept := *r
		kept.Bytes, kept.Flips = slices.Clone(r.Bytes), slices.Clone(r.Flips)
		t.full = append(t.full, kept)
	}
	t.records++
}

// appendHead appends all of a record but its bytes, with lengths, so that no
// two records look alike. Flow follows from the bytes.
func (r *Record) appendHead(b []byte) []byte {
	b = append(b, byte(r.Kind), byte(r.Drop))
	for _, n := range [...]uint64{
		uint64(r.At), r.Packet, r.Copy, r.Index, uint64(r.Copies), uint64(r.Delay),
		uint64(r.Behind), uint64(r.Hold), uint64(len(r.Flips)), uint64(r.Size),
		uint64(len(r.Path)), uint64(len(r.By)), uint64(len(r.Bytes)),
	} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	for _, f := range r.Flips {
		b = binary.LittleEndian.AppendUint64(b, uint64(f))
	}
	if r.Fixed {
		b = append(b, 1)
	}
	return append(append(b, r.Path...), r.By...)
}

// String is the record as one line.
func (r *Record) String() string {
	s := fmt.Sprintf("%v #%d %s %s %v, %d bytes, index %d", r.At, r.Packet, r.Path, r.Kind, r.Flow, r.Size, r.Index)
	for _, part := range []struct {
		name string
		n    int64
	}{{"copy", int64(r.Copy)}, {"copies", int64(r.Copies)}, {"behind", int64(r.Behind)}, {"bits flipped", int64(len(r.Flips))}} {
		if part.n != 0 {
			s += fmt.Sprintf(", %s %d", part.name, part.n)
		}
	}
	if r.Delay != 0 {
		s += fmt.Sprintf(", delayed by %v", r.Delay)
	}
	if r.Hold != 0 {
		s += fmt.Sprintf(", held for %v", r.Hold)
	}
	if r.Drop != DropNone {
		s += ", dropped: " + r.Drop.String()
	}
	if r.By != "" {
		s += " (" + r.By + ")"
	}
	return s
}
