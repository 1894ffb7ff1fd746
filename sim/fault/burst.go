package fault

// Burst loses packets in bursts, after Gilbert and Elliott: each flow and
// direction is in a good or a bad state, may change it with each packet, and
// loses packets at a rate of its own in each. Flows begin in the good state.
// Its state advances with every packet of the flow, selected or not.
//
// The state is a function of the packet's index and not of a running stream:
// each index has a number drawn for it, and all indexes with a small number
// make the state bad, all with a large number make it good, whatever it was;
// so it is found by looking back to the last such index. That is Always /
// (Enter + Leave) steps on average (if both are large, Always / (2 Always -
// Enter - Leave)), and the reason for the limits of their sum.
type Burst struct {
	Select
	Enter PerMillion // from good to bad, with each packet
	Leave PerMillion // from bad to good: Always / Leave is the mean length of a burst
	Bad   PerMillion // loss in the bad state; 1 to Always
	Good  PerMillion // loss in the good state
}

// burstSumMin and burstSumMax bound the mean number of steps back at 1000.
const (
	burstSumMin = 1000
	burstSumMax = 2*Always - 1000
)

// Judge implements Fault.
func (f Burst) Judge(seed Seed, p *Packet) Verdict {
	if !f.Matches(p) {
		return Verdict{}
	}
	key, loss := flowKey(seed, p), f.Good
	if f.bad(key, p.Index) {
		loss = f.Bad
	}
	return Verdict{Drop: loss.hits(draw(key, p.Index, drawChance))}
}

// bad is the state in which the packet of an index finds the flow. Of a draw
// u from 0 to Always-1, u < Enter leads from good to bad and u >= Always -
// Leave from bad to good. If no u does both, every other u changes nothing;
// if some do both, those between change the state whatever it is.
func (f *Burst) bad(key, index uint64) bool {
	flipped := false
	for {
		u := PerMillion(below(draw(key, index, drawState), uint64(Always)))
		enters, leaves := u < f.Enter, u >= Always-f.Leave
		switch {
		case enters && leaves:
			flipped = !flipped
		case enters:
			return !flipped
		case leaves:
			return flipped
		}
		if index == 0 {
			return flipped
		}
		index--
	}
}

func (f *Burst) kind() string { return "burst" }
func (f *Burst) value() Fault { return *f }

func (f *Burst) fields(c *codec) {
	c.chance("enter", &f.Enter)
	c.chance("leave", &f.Leave)
	c.chance("bad", &f.Bad)
	c.chance("good", &f.Good)
	f.Select.fields(c)
}

func (f *Burst) check(c *checker) {
	c.chance("enter", f.Enter)
	c.chance("leave", f.Leave)
	c.chance("bad", f.Bad)
	c.optionalChance("good", f.Good)
	if f.Enter+f.Leave < burstSumMin {
		c.fail("leave", f.Leave, "with enter that is below 0.1%, so that a state lasts for more than 1000 packets: make one of them larger")
	}
	if f.Enter+f.Leave > burstSumMax {
		c.fail("leave", f.Leave, "with enter that is above 199.9%, so that the state changes with nearly every packet: make one of them smaller")
	}
	f.Select.check(c)
}
