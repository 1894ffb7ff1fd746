package transport

import (
	"errors"
	"syscall"
	"testing"
)

func TestActiveCounts(t *testing.T) {
	tests := []struct {
		start    any
		set      any
		want     any // what GetOpts answers; nil: refused
		passives int
	}{
		{5, -2, 3, 0}, {5, -5, false, 1}, {5, -50, false, 1}, {2, 3, 5, 0}, {2, 0, 2, 0},
		{32767, 1, nil, 0}, {false, -1, false, 1}, {false, 0, false, 1}, {false, 32767, 32767, 0},
		{true, 1, 1, 0}, {true, -1, false, 1}, {AtomOnce, 2, 2, 0}, {7, true, true, 0}, {7, false, false, 0},
		{7, AtomOnce, AtomOnce, 0}, {false, -32769, nil, 0}, {false, 32768, nil, 0}, {-3, true, true, 0},
	}
	for _, tt := range tests {
		o, err := parseListen(0, []Option{{"active", tt.start}})
		if err != nil {
			t.Fatal(err)
		}
		next, c, err := parseSet(&o.settings, []Option{{"active", tt.set}})
		if tt.want == nil {
			if !errors.Is(err, syscall.EINVAL) {
				t.Errorf("%v then %v: %v", tt.start, tt.set, err)
			}
			continue
		}
		if err != nil || next.active.value() != tt.want || c.passives != tt.passives || !c.active {
			t.Errorf("%v then %v: %v, %d passives, %v", tt.start, tt.set, next.active.value(), c.passives, err)
		}
	}
}

func TestActiveAtListenOfZeroOrLessIsPassive(t *testing.T) {
	for _, n := range []int{0, -1, -32768} {
		o, err := parseListen(0, []Option{ActiveN(n)})
		if err != nil || o.active.value() != false || o.active.on() {
			t.Errorf("ActiveN(%d): %v, %v", n, o.active.value(), err)
		}
	}
}

func TestActiveAfterAMessage(t *testing.T) {
	tests := []struct {
		state   activeState
		want    any
		passive bool
	}{
		{activeState{mode: activeTrue}, true, false},
		{activeState{mode: activeOnce}, false, false},
		{activeState{activeCount, 2}, 1, false},
		{activeState{activeCount, 1}, false, true},
		{activeState{}, false, false},
	}
	for _, tt := range tests {
		next, passive := tt.state.delivered()
		if next.value() != tt.want || passive != tt.passive {
			t.Errorf("%+v: %v, passive %v", tt.state, next.value(), passive)
		}
	}
}
