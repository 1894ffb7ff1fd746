package scenario

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// pathSettings reads the settings of a path over what is there.
func (a *args) pathSettings(p *sim.PathConfig) {
	if d, ok := a.durationKey("delay"); ok {
		p.Delay = d
	}
	if t, ok := a.key("jitter"); ok {
		p.Jitter = a.jitter(t)
	}
	if t, ok := a.key("rate"); ok {
		p.BitsPerSecond = a.rate(t)
	}
	if t, ok := a.key("queue"); ok {
		p.Queue.Packets, p.Queue.Bytes = a.queue(t)
	}
	if t, ok := a.key("codel"); ok {
		p.Queue.CoDel = true
		p.Queue.Target, p.Queue.Interval = a.codel(t)
	} else if a.flag("codel") {
		p.Queue.CoDel = true
	}
	if t, ok := a.key("mtu"); ok {
		p.MTU = 0
		if t.text != "none" {
			p.MTU = a.number(t, "mtu", 68, 65535)
		}
	}
	p.NoTooBig = a.flag("no-too-big") || p.NoTooBig
}

// jitterKinds are the words for distributions.
var jitterKinds = map[string]engine.JitterKind{
	"uniform": engine.JitterUniform, "normal": engine.JitterNormal, "pareto": engine.JitterPareto,
}

// jitter reads TIME, which is uniform, or DISTRIBUTION:TIME.
func (a *args) jitter(t token) sim.Jitter {
	if t.text == "none" {
		return sim.Jitter{}
	}
	word, spread, two := strings.Cut(t.text, ":")
	if !two {
		word, spread = "uniform", word
	}
	k, known := jitterKinds[word]
	d, err := time.ParseDuration(spread)
	if !known || err != nil || d <= 0 {
		a.fail(t, "jitter is %q: give a time, or a distribution and a time: uniform:2ms, normal:2ms, pareto:2ms, or none", t.text)
	}
	return sim.Jitter{Kind: k, Spread: d}
}

// rateUnits are as in tc: thousands.
var rateUnits = []struct {
	suffix string
	bits   uint64
}{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}}

// rate reads a number of bits per second with its unit.
func (a *args) rate(t token) uint64 {
	if t.text == "none" {
		return 0
	}
	for _, u := range rateUnits {
		digits, ok := strings.CutSuffix(t.text, u.suffix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 32); err == nil && n > 0 {
			return n * u.bits
		}
		break
	}
	a.fail(t, "rate is %q: give whole bits per second with a unit, such as 10mbit, 64kbit or 1gbit, or none", t.text)
	return 0
}

// queue reads 100p for packets, 64kb for bytes, or both with a comma between.
func (a *args) queue(t token) (packets, bytes int) {
	for _, part := range strings.Split(t.text, ",") {
		n, err := 0, error(nil)
		if digits, ok := strings.CutSuffix(part, "p"); ok {
			n, err = strconv.Atoi(digits)
			packets = n
		} else if digits, ok := strings.CutSuffix(part, "kb"); ok {
			n, err = strconv.Atoi(digits)
			bytes = n * 1024
		} else if digits, ok := strings.CutSuffix(part, "b"); ok {
			n, err = strconv.Atoi(digits)
			bytes = n
		}
		if err != nil || n <= 0 || n > 1<<30 {
			a.fail(t, "queue is %q: give packets such as 100p, bytes such as 3000b or 64kb, or both: 100p,64kb", t.text)
			return 0, 0
		}
	}
	return packets, bytes
}

// codel reads TARGET/INTERVAL.
func (a *args) codel(t token) (target, interval time.Duration) {
	first, second, _ := strings.Cut(t.text, "/")
	target, err := time.ParseDuration(first)
	interval, intervalErr := time.ParseDuration(second)
	if err != nil || intervalErr != nil || target <= 0 || interval <= 0 {
		a.fail(t, "codel is %q: give target and interval, such as 5ms/100ms, or leave them out", t.text)
	}
	return target, interval
}
