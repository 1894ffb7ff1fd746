package fault

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// checker keeps the first mistake it finds in the fields of one fault.
type checker struct {
	kind string
	err  error
}

// fail names the field, its value and what to do instead.
func (c *checker) fail(field string, value any, remedy string) {
	if c.err == nil {
		c.err = fmt.Errorf("fault: %s: %s is %v: %s", c.kind, field, value, remedy)
	}
}

// chance wants a probability that is neither impossible nor without effect.
func (c *checker) chance(field string, p PerMillion) {
	switch {
	case p == 0:
		c.fail(field, "0", "nothing would ever happen: give parts per million from 1 to 1000000, or fault.Always")
	case p > Always:
		c.fail(field, uint32(p), "more than certain: give parts per million up to 1000000, which is 100%")
	}
}

// optionalChance allows 0.
func (c *checker) optionalChance(field string, p PerMillion) {
	if p != 0 {
		c.chance(field, p)
	}
}

// notNegative wants 0 or more.
func (c *checker) notNegative(field string, d time.Duration) {
	if d < 0 {
		c.fail(field, d, "no time runs backwards: give 0 or more")
	}
}

// positive wants more than 0.
func (c *checker) positive(field string, d time.Duration) {
	if d <= 0 {
		c.fail(field, d, "give a time above 0, such as 50ms")
	}
}

// bounded wants a number from low to high.
func (c *checker) bounded(field string, n, low, high int) {
	if n < low || n > high {
		c.fail(field, n, fmt.Sprintf("give a number from %d to %d", low, high))
	}
}

// window wants an end after the start.
func (c *checker) window(start, end time.Duration) {
	c.notNegative("start", start)
	c.notNegative("end", end)
	if end != 0 && end <= start {
		c.fail("end", end, fmt.Sprintf("that is not after start, %v: give a later time, or 0 for never", start))
	}
}

// limits wants a minimum below the maximum; 0 is no maximum.
func (c *checker) limits(field string, low, high, lowest int) {
	if low < 0 {
		c.fail(field+"min", low, "nothing is shorter than 0 bytes: give 0 or more")
	}
	if high < lowest {
		c.fail(field+"max", high, fmt.Sprintf("give a number of bytes, or 0 for no limit; the least is %d", lowest))
	}
	if high != 0 && low > max(high, 0) {
		c.fail(field+"min", low, fmt.Sprintf("above %smax, %d: no packet is both", field, high))
	}
}

// hosts wants names that a list separated by commas can hold.
func (c *checker) hosts(field string, hosts []string) {
	for i, host := range hosts {
		if host == "" || !utf8.ValidString(host) || strings.ContainsFunc(host, notInHost) {
			c.fail(field, fmt.Sprintf("%q", host), "give host names without spaces, commas and quotes")
		}
		for _, other := range hosts[:i] {
			if host == other {
				c.fail(field, fmt.Sprintf("%q", host), "the host is named twice: name it once")
			}
		}
	}
}

func notInHost(r rune) bool {
	return r == ',' || r == '"' || unicode.IsSpace(r) || !unicode.IsPrint(r)
}

// label wants text that can be printed.
func (c *checker) label(field, text string) {
	if !utf8.ValidString(text) {
		c.fail(field, fmt.Sprintf("%q", text), "give valid UTF-8")
	}
}

// prefix wants addresses as packets have them, and no bits behind the prefix.
func (c *checker) prefix(field string, p netip.Prefix) {
	switch {
	case p == netip.Prefix{}:
	case !p.IsValid():
		c.fail(field, p, "give an address with a prefix length, such as 10.0.0.0/8")
	case p.Addr().Is4In6():
		c.fail(field, p, "packets carry IPv4 addresses as such: give "+p.Addr().Unmap().String()+" with a length up to 32")
	case p.Addr().Zone() != "":
		c.fail(field, p, "addresses in packets have no zone: leave it out")
	case p != p.Masked():
		c.fail(field, p, "there are bits behind the prefix: give "+p.Masked().String())
	}
}
