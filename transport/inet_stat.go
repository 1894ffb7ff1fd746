package transport

import (
	"fmt"
	"syscall"
)

// Stat is one counter of GetStat.
type Stat struct {
	Name  string
	Value int64
}

// counters count packets as Receive, messages and Send have them, with their
// length headers.
type counters struct {
	recv, send count
}

// count is one direction: octets, packets, the largest, the mean, and the
// mean deviation from it, kept as inet keeps them, by running means.
type count struct {
	oct, cnt, max int64
	avg, dvi      float64
}

func (c *count) add(n int) {
	c.oct += int64(n)
	c.cnt++
	c.max = max(c.max, int64(n))
	delta := float64(n) - c.avg
	c.avg += delta / float64(c.cnt)
	c.dvi += (max(delta, -delta) - c.dvi) / float64(c.cnt)
}

func (c *counters) received(n int) { c.recv.add(n) }

func (c *counters) sent(n int) { c.send.add(n) }

// statNames are the names in the order of an answer to none.
var statNames = []string{
	"recv_oct", "recv_cnt", "recv_max", "recv_avg", "recv_dvi",
	"send_oct", "send_cnt", "send_max", "send_avg", "send_pend",
}

// GetStat returns counters of s in the order asked, all of them if no names
// are given; a listener's are zero. Sizes are bytes and include length
// headers; send_pend is what is queued. syscall.EINVAL for an unknown name
// and when s is closed.
func (t *TCP) GetStat(s *Socket, names ...string) ([]Stat, error) {
	if s == nil {
		return nil, errNoSocket()
	}
	if len(names) == 0 {
		names = statNames
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		return nil, syscall.EINVAL
	}
	out := make([]Stat, 0, len(names))
	for _, name := range names {
		v, ok := s.statLocked(name)
		if !ok {
			return nil, fmt.Errorf("transport: statistic %q is refused: use one of %v: %w", name, statNames, syscall.EINVAL)
		}
		out = append(out, Stat{name, v})
	}
	return out, nil
}

// statLocked returns one counter.
func (s *Socket) statLocked(name string) (value int64, ok bool) {
	r, w := &s.stat.recv, &s.stat.send
	switch name {
	case "recv_oct":
		return r.oct, true
	case "recv_cnt":
		return r.cnt, true
	case "recv_max":
		return r.max, true
	case "recv_avg":
		return int64(r.avg), true
	case "recv_dvi":
		return int64(r.dvi), true
	case "send_oct":
		return w.oct, true
	case "send_cnt":
		return w.cnt, true
	case "send_max":
		return w.max, true
	case "send_avg":
		return int64(w.avg), true
	case "send_pend":
		return int64(s.queue.bytes), true
	}
	return 0, false
}
