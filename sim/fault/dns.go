package fault

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// DNS makes lookups of names go wrong: the answer is late or lost, or says
// something else. Exactly one of Late, Lost, NotFound, Failed and Answer is
// set; all other fields say which lookups it is about.
//
// A lookup asks for the records of each address family apart, and asks again
// where no answer comes in time. Each of these is a question of its own here.
type DNS struct {
	Name  string        // tells equal faults apart in reports and keeps the draws, as in Select
	Start time.Duration // virtual time from which on it is there
	End   time.Duration // virtual time at which it is gone; 0: never

	// Names are those that are looked up, in lower case and without a final
	// dot; * stands for any characters. None: all.
	Names  []string
	From   []string   // hosts that ask; none: all
	Record Record     // of the question; "": any
	Chance PerMillion // of each question; 0: always

	// Nth selects among the questions that all fields above select, counted
	// from 1 for each host, name and record: the n-th and, with Times, those
	// after it, Times in all. 0 selects them all.
	Nth   uint64
	Times uint64 // 0: 1

	Late     time.Duration // the answer comes this much later
	Lost     bool          // no answer comes
	NotFound bool          // there is no such name (NXDOMAIN)
	Failed   bool          // the server has an error (SERVFAIL)
	Answer   []netip.Addr  // these addresses, and for a family of which there is none, no record
}

// Judge implements Fault: it lets all packets pass.
func (f DNS) Judge(Seed, *Packet) Verdict { return Verdict{} }

// JudgeLookup implements Resolving.
func (f DNS) JudgeLookup(seed Seed, q *Lookup) Answer {
	if !f.asks(q) || !nth(q.Matched, f.Nth, f.Times) || f.Chance != 0 && !f.Chance.hits(q.draw(seed)) {
		return Answer{}
	}
	return Answer{Late: f.Late, Lost: f.Lost, NotFound: f.NotFound, Failed: f.Failed, Forged: f.Answer}
}

// asks is the part that depends on the question alone.
func (f DNS) asks(q *Lookup) bool {
	return within(q.Now, f.Start, f.End) && isOneOf(q.From, f.From) &&
		(f.Record == "" || f.Record == q.Record) &&
		(len(f.Names) == 0 || slices.ContainsFunc(f.Names, func(pattern string) bool { return matches(pattern, q.Name) }))
}

// asking is how a Set learns that it has to count.
func (f DNS) asking() func(*Lookup) bool {
	if f.Nth == 0 {
		return nil
	}
	return f.asks
}

// matches knows * as any characters, none included.
func matches(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		_, left, found := strings.Cut(name, part)
		if !found {
			return false
		}
		name, rest = left, after
	}
}

func (f *DNS) kind() string { return "dns" }
func (f *DNS) value() Fault { return *f }

func (f *DNS) fields(c *codec) {
	c.list("names", &f.Names)
	c.hosts("from", &f.From)
	field(c, "record", &f.Record, asString, Record.String, parseRecord)
	c.duration("late", &f.Late)
	c.word("lost", &f.Lost)
	c.word("notfound", &f.NotFound)
	c.word("failed", &f.Failed)
	c.addrs("answer", &f.Answer)
	c.chance("chance", &f.Chance)
	integer(c, "nth", &f.Nth)
	integer(c, "times", &f.Times)
	c.str("name", &f.Name)
	c.duration("start", &f.Start)
	c.duration("end", &f.End)
}

func (f *DNS) check(c *checker) {
	for _, name := range f.Names {
		if name != strings.ToLower(strings.TrimSuffix(name, ".")) {
			c.fail("names", `"`+name+`"`, "names are compared in lower case and without a final dot: write it so")
		}
	}
	c.hosts("names", f.Names)
	c.hosts("from", f.From)
	if _, err := parseRecord(string(f.Record)); err != nil && f.Record != "" {
		c.fail("record", `"`+string(f.Record)+`"`, err.Error())
	}
	f.checkAnswer(c)
	c.optionalChance("chance", f.Chance)
	if f.Nth == 0 && f.Times != 0 {
		c.fail("times", f.Times, "it goes with nth, the first of those questions: set nth to 1 or more")
	}
	c.label("name", f.Name)
	c.window(f.Start, f.End)
}

// checkAnswer wants one thing to go wrong, not several.
func (f *DNS) checkAnswer(c *checker) {
	var wrong []string
	for _, what := range []struct {
		name string
		set  bool
	}{{"late", f.Late != 0}, {"lost", f.Lost}, {"notfound", f.NotFound}, {"failed", f.Failed}, {"answer", len(f.Answer) > 0}} {
		if what.set {
			wrong = append(wrong, what.name)
		}
	}
	switch {
	case len(wrong) == 0:
		c.fail("late", "0s", "nothing would go wrong: give one of late, lost, notfound, failed and answer")
	case len(wrong) > 1:
		c.fail(wrong[1], "there beside "+wrong[0], "one thing goes wrong at a time: give one of them, and another fault for the other")
	case f.Late != 0:
		c.period("late", f.Late)
	}
	for i, addr := range f.Answer {
		if !addr.IsValid() || addr.Is4In6() || addr.Zone() != "" || slices.Contains(f.Answer[:i], addr) {
			c.fail("answer", addr, "give IPv4 and IPv6 addresses without zones, each once, such as 10.0.0.66")
		}
	}
}
