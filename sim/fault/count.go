package fault

// counter numbers the packets that a Select with Nth selects.
type counter struct {
	Select
	all    uint64
	counts counts[counted]
}

// counted is what packets are counted for: a flow that crosses a router enters
// two paths, and is counted on each.
type counted struct {
	from, to, path string
	flow           Flow
}

// next is the number of packets that were selected before p.
func (c *counter) next(p *Packet) uint64 {
	if !c.kind(p) {
		return 0
	}
	if c.Across {
		c.all++
		return c.all - 1
	}
	return c.counts.next(counted{p.From, p.To, p.Path, p.Flow})
}

// countsMax bounds what is counted for. Beyond, what was first counted for is
// forgotten, and would be counted from 1 again.
const countsMax = 1 << 16

// counts holds a number for each K. The zero value is ready.
type counts[K comparable] struct {
	numbers map[K]uint64
	order   []K // of numbers, as a ring once it is full
	oldest  int // in order
}

// next adds 1 to the number of k and returns what it was.
func (c *counts[K]) next(k K) uint64 {
	n, known := c.numbers[k]
	if !known {
		c.remember(k)
	}
	c.numbers[k] = n + 1
	return n
}

func (c *counts[K]) remember(k K) {
	if c.numbers == nil {
		c.numbers = map[K]uint64{}
	}
	if len(c.order) < countsMax {
		c.order = append(c.order, k)
		return
	}
	delete(c.numbers, c.order[c.oldest])
	c.order[c.oldest] = k
	c.oldest = (c.oldest + 1) % countsMax
}
