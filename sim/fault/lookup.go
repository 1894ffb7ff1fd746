package fault

import (
	"fmt"
	"net/netip"
	"time"
)

// A Resolving fault is about lookups of names and about no packet: its Judge
// lets all pass. Set.JudgeLookup asks it.
type Resolving interface {
	Fault

	// JudgeLookup says what the fault does to one question; the zero Answer
	// leaves it alone. It must be a function of its arguments, as Judge is,
	// and borrows q for the call.
	JudgeLookup(seed Seed, q *Lookup) Answer
}

// Record is the kind of address that a question asks for.
type Record string

// The records.
const (
	RecordA    Record = "a"    // IPv4 addresses
	RecordAAAA Record = "aaaa" // IPv6 addresses
)

// String is the record's name in lower case.
func (r Record) String() string { return string(r) }

func parseRecord(text string) (Record, error) {
	if r := Record(text); r == RecordA || r == RecordAAAA {
		return r, nil
	}
	return "", fmt.Errorf("write a for IPv4 or aaaa for IPv6 addresses, or leave it out")
}

// Lookup is one question for the addresses of a name.
type Lookup struct {
	Now    time.Duration // virtual time of the question
	From   string        // the host that asks
	Name   string        // in lower case, without a final dot
	Record Record

	// Index is how many questions of this host for this name and record came
	// before this one, and Matched how many of them a fault with Nth
	// selected. Set.JudgeLookup counts them.
	Index   uint64
	Matched uint64
}

// draw is the question's number. Its flow is the host, the name and the
// record.
func (q *Lookup) draw(s Seed) uint64 {
	h := absorbString(absorb(0, uint64(s)), q.From)
	h = absorbString(absorbString(h, q.Name), string(q.Record))
	return draw(h, q.Index, drawChance)
}

// Answer is what is done to one question. The zero value leaves it alone. Of
// Lost, NotFound, Failed and Forged the first that is set counts.
type Answer struct {
	Late     time.Duration // the answer comes this much later
	Lost     bool          // no answer comes
	NotFound bool          // there is no such name
	Failed   bool          // the server has an error
	Forged   []netip.Addr  // addresses in place of the name's own; borrowed

	// By is the lines of the faults that made the answer, separated by "; ".
	// Set.JudgeLookup fills it in.
	By string
}

// Pass reports whether nothing is done to the question.
func (a *Answer) Pass() bool { return a.Late <= 0 && !a.decided() }

// decided reports whether the answer is another one than the name's own.
func (a *Answer) decided() bool {
	return a.Lost || a.NotFound || a.Failed || len(a.Forged) > 0
}

// JudgeLookup asks all Resolving faults about one question and counts the
// hits: what is late adds up, and the first that answers otherwise decides.
// It may be called from any goroutine; calls wait for one another. It borrows
// q, whose Index and Matched it fills in.
func (s *Set) JudgeLookup(q *Lookup) Answer {
	s.lookups.Lock()
	defer s.lookups.Unlock()
	q.Index = s.asked.next(asked{q.From, q.Name, q.Record})
	var all Answer
	for _, h := range s.row() {
		f, ok := h.fault.(Resolving)
		if !ok {
			continue
		}
		q.Matched = 0
		if h.asked != nil {
			q.Matched = h.asked.next(q)
		}
		a := f.JudgeLookup(h.seed, q)
		if a.Pass() {
			continue
		}
		h.hits.Add(1)
		a.Late = later(all.Late, max(a.Late, 0))
		a.By = h.line
		if all.By != "" {
			a.By = all.By + "; " + h.line
		}
		if all = a; a.decided() {
			break
		}
	}
	return all
}

// askedCounter numbers the questions that a fault with Nth selects.
type askedCounter struct {
	selects func(*Lookup) bool
	counts  counts[asked]
}

// asked is what questions are counted for.
type asked struct {
	from, name string
	record     Record
}

// next is the number of questions that were selected before q.
func (c *askedCounter) next(q *Lookup) uint64 {
	if !c.selects(q) {
		return 0
	}
	return c.counts.next(asked{q.From, q.Name, q.Record})
}
