package simrows

import (
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// experiment is a transfer that is made with several seeds, and what its outcomes
// are compared with.
type experiment struct {
	name    string
	tcp     netstack.TCPConfig
	fault   fault.Fault // nil: nothing is random, so one seed does
	against []comparison
}

// comparison makes a row of outcomes.
type comparison struct {
	with            string
	base            func(outcome) float64 // payload in bytes per second
	target, stretch float64
	note            string
}

// experiments are what is measured, in order.
var experiments = []experiment{
	clean("cubic"),
	clean("reno"),
	windowed(),
	cubicLoss(1000),
	cubicLoss(10_000),
	cubicLoss(30_000),
	renoLoss(1000),
	renoLoss(10_000),
	renoLoss(30_000),
	reordering(),
}

// windowBytes is what a receiver tells of a buffer of bufferBytes: half of it.
const (
	bufferBytes = 512 << 10
	windowBytes = bufferBytes / 2
)

// narrow are the settings of hosts whose window stays the same.
func narrow(control string) netstack.TCPConfig {
	size := netstack.BufferBytes{Default: bufferBytes, Max: bufferBytes}
	return netstack.TCPConfig{CongestionControl: control, ReceiveBuffer: size, FixedReceiveBuffer: true}
}

// clean fills the path.
func clean(control string) experiment {
	return experiment{
		name: control + ", nothing lost", tcp: netstack.TCPConfig{CongestionControl: control},
		against: []comparison{{
			with: "path", base: func(outcome) float64 { return pathRate }, target: 0.95, stretch: 0.99,
			note: "the path carries 1448 bytes of payload in packets of 1500; the window grows beyond what it needs",
		}},
	}
}

// windowed has a window that is smaller than what the path holds.
func windowed() experiment {
	return experiment{
		name: "cubic, nothing lost, window 256 KiB", tcp: narrow("cubic"),
		against: []comparison{{
			with: "window", base: func(outcome) float64 { return windowBytes / roundTrip.Seconds() }, target: 0.95, stretch: 0.99,
			note: "one window in each 50 ms; of its 181 segments 179 are under way, and packets take 0.12 ms more",
		}},
	}
}

// cubicLoss loses packets under TCP's defaults.
func cubicLoss(chance fault.PerMillion) experiment {
	p := float64(chance) / 1e6
	return experiment{
		name: fmt.Sprintf("cubic, %s lost", chance), fault: loseData(chance),
		against: []comparison{
			againstPFTK(p, 4<<20/2, "with so many losses in 50 ms CUBIC is to do as Reno does"),
			{
				with: "rfc9438-eq5", target: 0.8, stretch: 1,
				base: func(o outcome) float64 { return perRound(cubicWindow(cubicC, p, o.roundTrip), o) },
				note: fmt.Sprintf("equation 5 is of the cubic function alone, a window of %.1f segments; the Reno-friendly one, which is to hold here, is %.1f",
					cubicWindow(cubicC, p, roundTrip), renoWindow(p)),
			},
			{
				with: "rfc9438-reno-friendly",
				base: func(o outcome) float64 { return perRound(renoWindow(p), o) },
				note: "1.2/sqrt(p), a model without timeouts; shown only",
			},
		},
	}
}

// renoLoss loses packets of a sender with Reno.
func renoLoss(chance fault.PerMillion) experiment {
	return experiment{
		name: fmt.Sprintf("reno, %s lost", chance), tcp: narrow("reno"), fault: loseData(chance),
		against: []comparison{againstPFTK(float64(chance)/1e6, windowBytes,
			"gVisor's reno doubles its window in each round trip above the threshold too, so it is no Reno: more than 1 is not to its credit; window 256 KiB")},
	}
}

// reordering delays packets behind others; TCP may take none of them for lost.
func reordering() experiment {
	return experiment{
		name:  "cubic, 1% reordered",
		fault: fault.Reorder{Select: fromSender, Chance: 10_000, Delay: time.Millisecond, Spread: 19 * time.Millisecond},
		against: []comparison{againstPFTK(0.01, 4<<20/2,
			"as if each packet that is late, by 1 to 20 ms, were lost: the floor for a sender that never notices that it was not")},
	}
}

// fromSender selects what has data, as the models do: they let no acknowledgement
// be lost.
var fromSender = fault.Select{From: []string{"sender"}}

func loseData(chance fault.PerMillion) fault.Fault {
	return fault.Loss{Select: fromSender, Chance: chance}
}

// againstPFTK compares with the model, or with the path where that is slower.
func againstPFTK(p, window float64, note string) comparison {
	return comparison{
		with: "pftk", target: 0.8, stretch: 1, note: note,
		base: func(o outcome) float64 {
			m := pftk{Loss: p, RoundTrip: o.roundTrip, Timeout: o.timeout, PerAck: 1, WindowMax: window / segmentBytes}
			return min(pathRate, m.rate()*segmentBytes)
		},
	}
}

// perRound is the rate of a window of segments, in bytes per second.
func perRound(segments float64, o outcome) float64 {
	return segments * segmentBytes / o.roundTrip.Seconds()
}

// seeds is in how many worlds the experiment is made.
func (x experiment) seeds(e Effort) int {
	if x.fault == nil {
		return 1
	}
	return e.Seeds
}

// transfer is the experiment with one seed.
func (x experiment) transfer(seed uint64, e Effort) transfer {
	tr := transfer{seed: seed, tcp: x.tcp, settle: settling, measure: e.Measured}
	if x.fault != nil {
		tr.faults = []fault.Fault{x.fault}
	}
	return tr
}

// name is that of the row for x.
func (c comparison) name(x experiment) string { return x.name + ", against " + c.with }

// row compares the outcomes of x.
func (c comparison) row(x experiment, e Effort, outcomes []outcome) Row {
	r := Row{
		Name: c.name(x), Against: c.with, Target: c.target, Stretch: c.stretch,
		Seeds: len(outcomes), Measured: e.Measured, Note: c.note,
	}
	var ratios []float64
	for _, o := range outcomes {
		base := c.base(o)
		ratios = append(ratios, o.received/base)
		r.Value += megabits(o.received) / float64(len(outcomes))
		r.Base += megabits(base) / float64(len(outcomes))
	}
	r.Ratio, r.Spread = meanAndDeviation(ratios)
	return r
}
