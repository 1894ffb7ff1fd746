package bed

import (
	"slices"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// tunTargets are those of the acceptance table, by row, metric and variant.
var tunTargets = map[[3]string]series.Goal{
	{"veth against iperf3", "throughput", vethName}:                           {Target: 0.9},
	{"TUN one stream, send", "throughput", tunName}:                           series.Aim(1.0, 1.1),
	{"TUN one stream, send", "throughput", tunLargeName}:                      series.Aim(1.1, 1.2),
	{"TUN one stream, send", "throughput", tunPlainName}:                      {Target: 0.9},
	{"TUN one stream, receive", "throughput", tunName}:                        series.Aim(0.8, 1.0),
	{"TUN one stream, receive", "throughput", tunLargeName}:                   series.Aim(0.9, 1.0),
	{"TUN one stream, receive", "throughput", tunPlainName}:                   {Target: 0.7},
	{"TUN round trip", "p50", tunName}:                                        series.Aim(1.2, 1.0),
	{"TUN round trip", "p99", tunName}:                                        series.Aim(1.2, 1.0),
	{"TUN connections made, 16 workers", "rate", tunName}:                     series.Aim(0.85, 1.0),
	{"TUN connections accepted, 16 workers", "rate", tunName + acceptingName}: series.Aim(0.85, 1.0),
	{"TUN 1000 streams, send", "throughput", tunName}:                         series.Aim(0.6, 1.0),
	{"TUN 1000 streams, send", "fairness", tunName}:                           {Target: 0.9},
	{"TUN 1000 streams, receive", "fairness", tunName}:                        {Target: 0.9},
	{"TUN 1000 streams, receive", "throughput", tunName}:                      series.Aim(0.6, 1.0),
}

func TestRowsHaveTheirTargets(t *testing.T) {
	left := map[[3]string]series.Goal{}
	for key, goal := range tunTargets {
		left[key] = goal
	}
	for _, row := range (Options{}).tunRows() {
		for _, m := range row.Metrics {
			for variant, goal := range m.Goals {
				key := [3]string{row.Name, m.Name, variant}
				if want, ok := tunTargets[key]; ok && goal != want {
					t.Errorf("%v has the goal %+v, want %+v", key, goal, want)
				}
				if !slices.Contains(row.Variants, variant) {
					t.Errorf("%s: a goal for %s, which is not measured", row.Name, variant)
				}
				delete(left, key)
			}
		}
	}
	for key := range left {
		t.Errorf("no row has the target of %v", key)
	}
}

func TestOwnVariantsAreInEveryRow(t *testing.T) {
	for _, row := range (Options{Specs: []Spec{{Name: "own"}}}).tunRows() {
		if row.Base == vethName && !slices.Contains(row.Variants, "own") && !slices.Contains(row.Variants, "own"+acceptingName) {
			t.Errorf("%s has the variants %v, want own among them", row.Name, row.Variants)
		}
	}
}

func TestRowsAreNamedWithoutRights(t *testing.T) {
	if names := TUNRows(); len(names) != len((Options{}).tunRows()) || !slices.Contains(names, "TUN round trip") {
		t.Errorf("rows over TUN: %q", names)
	}
	if names := PeersRows(); !slices.Contains(names, "peers round trip") {
		t.Errorf("rows of peers: %q", names)
	}
}
