package bugs

import (
	"math/rand/v2"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// mixEnds is when the network begins to behave.
const mixEnds = 8 * time.Second

// mix draws what goes wrong with the network from a seed: on average half of
// the kinds of faults there are, each harmless or severe. It knows the names
// of the hosts and nothing else of the program. One inverted bit is what TCP's
// checksum always finds; hosts do not crash, because then TCP itself cannot end
// a connection by EOF.
func mix(seed uint64, hosts []string) fault.List {
	choose := rand.New(rand.NewPCG(seed, 0x63686f6f7365))
	var chosen fault.List
	for _, f := range mixOf(seed, hosts) {
		if choose.IntN(2) == 0 {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// mixOf is what mix chooses from: one fault of each kind.
func mixOf(seed uint64, hosts []string) fault.List {
	draw := rand.New(rand.NewPCG(seed, 0x6d6978))
	span := func(least, most time.Duration) time.Duration {
		return least + time.Duration(draw.Int64N(int64((most-least)/time.Millisecond)+1))*time.Millisecond
	}
	chance := func(least, most fault.PerMillion) fault.PerMillion {
		return least + fault.PerMillion(draw.Int64N(int64(most-least)+1))
	}
	host := func() []string { return []string{hosts[draw.IntN(len(hosts))]} }
	during := fault.Select{End: mixEnds}
	start := span(0, mixEnds/2)
	return fault.List{
		fault.Loss{Select: during, Chance: chance(2_000, 30_000)},
		fault.Burst{Select: during, Enter: chance(1_000, 8_000), Leave: chance(200_000, 500_000), Bad: fault.Always},
		fault.Reorder{Select: during, Chance: chance(5_000, 50_000), Delay: span(1*time.Millisecond, 40*time.Millisecond)},
		fault.Duplicate{Select: during, Chance: chance(5_000, 50_000), Copies: 1},
		fault.Delay{Select: during, Chance: chance(1_000, 10_000), Delay: span(5*time.Millisecond, 500*time.Millisecond), Spread: span(0, 3*time.Second)},
		fault.Partition{Start: start, End: start + span(100*time.Millisecond, mixEnds/2), A: host(), OneWay: draw.IntN(2) == 0},
		fault.Flap{Select: fault.Select{To: host(), BothWays: true, End: mixEnds}, Up: span(time.Second, 3*time.Second), Down: span(50*time.Millisecond, time.Second)},
		fault.Clog{Select: during, Every: span(time.Second, 3*time.Second), For: span(100*time.Millisecond, time.Second), Chance: chance(50_000, 300_000)},
		fault.Corrupt{Select: during, Chance: chance(1_000, 10_000), Bits: 1},
		fault.Pause{Host: host()[0], At: span(0, mixEnds/2), For: span(100*time.Millisecond, 3*time.Second)},
		fault.Skew{Host: host()[0], At: span(0, mixEnds/2), PPM: draw.Int64N(2001) - 1000},
	}
}
