package report

import (
	"slices"
	"testing"
)

func TestRoutersStandBetweenTheirNeighbours(t *testing.T) {
	way := func(from, to string) *packet { return &packet{from: from, to: to} }
	packets := []*packet{way("a", "r1"), way("r1", "r2"), way("r2", "b"), way("b", "r2"), {from: "b"}}
	if got, want := arrange([]string{"a", "b", "r1", "r2"}, packets), []string{"a", "r1", "r2", "b"}; !slices.Equal(got, want) {
		t.Errorf("arranged as %v, want %v", got, want)
	}
	if got, want := hostsOf(packets, []Host{{Name: "b"}, {Name: "a"}, {Name: "r2", Router: true}, {Name: "r1", Router: true}}), []string{"b", "r2", "r1", "a"}; !slices.Equal(got, want) {
		t.Errorf("with the run's order: %v, want %v", got, want)
	}
	if got, want := hostsOf(packets, []Host{{Name: "b"}, {Name: "a"}}), []string{"b", "a", "r1", "r2"}; !slices.Equal(got, want) {
		t.Errorf("without routers: %v, want the order of adding %v", got, want)
	}
}
