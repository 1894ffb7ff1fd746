package transport

// activeMode is the kind of value that the option active has.
type activeMode uint8

const (
	activeFalse activeMode = iota
	activeTrue
	activeOnce
	activeCount
)

// activeCountMax bounds a count of messages; gen_tcp keeps it in 16 bits.
const (
	activeCountMin = -1 << 15
	activeCountMax = 1<<15 - 1
)

// activeState says how many messages an owner still gets.
//
//	false --once--> once --message--> false
//	false --N-----> count N --N messages--> false, with Passive
type activeState struct {
	mode  activeMode
	count int // > 0 in activeCount, else 0
}

// on reports whether what arrives goes to the owner.
func (a activeState) on() bool { return a.mode != activeFalse }

// delivered is the state after one data message; passive reports that a
// Passive message follows.
func (a activeState) delivered() (next activeState, passive bool) {
	switch a.mode {
	case activeOnce:
		return activeState{}, false
	case activeCount:
		if a.count > 1 {
			return activeState{activeCount, a.count - 1}, false
		}
		return activeState{}, true
	}
	return a, false
}

// added is the state after n was added to the count, as SetOpts does; ok is
// false if the sum is too large. A sum of 0 or less makes the socket passive,
// with a Passive message, whatever it was before.
func (a activeState) added(n int) (next activeState, passive, ok bool) {
	sum := a.count + n
	switch {
	case sum > activeCountMax:
		return a, false, false
	case sum <= 0:
		return activeState{}, true, true
	}
	return activeState{activeCount, sum}, false, true
}

// started is the state with which Listen and Connect start a count of n.
func startedCount(n int) activeState {
	if n <= 0 {
		return activeState{}
	}
	return activeState{activeCount, n}
}

// value is what GetOpts answers: true, false, AtomOnce or the count.
func (a activeState) value() any {
	switch a.mode {
	case activeOnce:
		return AtomOnce
	case activeCount:
		return a.count
	}
	return a.mode == activeTrue
}
