package engine

import (
	"bytes"
	"errors"
	"fmt"
)

// Difference is where two runs parted.
type Difference struct {
	Index int     // of the first record that differs, from 0
	A, B  *Record // nil where that run had ended
}

// String shows both records, one above the other.
func (d *Difference) String() string {
	line := func(r *Record) string {
		if r == nil {
			return "(the run had ended)"
		}
		return r.String()
	}
	s := fmt.Sprintf("record %d differs:\n  a: %s\n  b: %s", d.Index, line(d.A), line(d.B))
	if d.A == nil || d.B == nil {
		return s
	}
	for i := range min(len(d.A.Bytes), len(d.B.Bytes)) {
		if d.A.Bytes[i] != d.B.Bytes[i] {
			return s + fmt.Sprintf("\n  first differing byte: %d, %#02x against %#02x", i, d.A.Bytes[i], d.B.Bytes[i])
		}
	}
	return s
}

// FirstDifference compares two Full traces and returns where they part, nil
// if nowhere. A trace that was not Full, or had more records than it could
// keep before any difference, is an error.
func FirstDifference(a, b *Trace) (*Difference, error) {
	if !a.cfg.Full || !b.cfg.Full {
		return nil, errors.New("sim: FirstDifference needs two traces with TraceConfig.Full")
	}
	for i := range max(len(a.full), len(b.full)) {
		var d Difference
		if i < len(a.full) {
			d.A = &a.full[i]
		}
		if i < len(b.full) {
			d.B = &b.full[i]
		}
		if d.A == nil && uint64(i) < a.records || d.B == nil && uint64(i) < b.records {
			break
		}
		if d.A == nil || d.B == nil || !d.A.equal(d.B) {
			d.Index = i
			return &d, nil
		}
	}
	if _, complete := a.All(); !complete {
		return nil, fmt.Errorf("sim: FirstDifference: run a had %d records and only %d were kept, all equal so far: raise TraceConfig.Most", a.records, len(a.full))
	}
	if _, complete := b.All(); !complete {
		return nil, fmt.Errorf("sim: FirstDifference: run b had %d records and only %d were kept, all equal so far: raise TraceConfig.Most", b.records, len(b.full))
	}
	return nil, nil
}

func (r *Record) equal(o *Record) bool {
	return bytes.Equal(r.appendHead(nil), o.appendHead(nil)) && bytes.Equal(r.Bytes, o.Bytes)
}
