//go:build !android

package bed

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

func TestIperf3Result(t *testing.T) {
	r, err := iperf3Result([]byte(`{"end":{"sum_sent":{"bytes":7},"sum_received":{"bytes":2000,"seconds":0.5},"cpu_utilization_percent":{"host_total":40,"remote_total":60}}}`))
	if err != nil || r.Bytes != 2000 || r.Seconds != 0.5 || r.CPUSeconds != 0.5 || len(r.Streams) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{"", "{}", `{"error":"unable to connect"}`} {
		if _, err := iperf3Result([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestIperf3MovesBytes(t *testing.T) {
	bed := open(t, variant{iperf3Name, func(context.Context) (series.Bed, error) { return openIperf3(Options{}) }})
	if r := movesSomething(t, bed, task.Task{Kind: task.Stream, Duration: time.Millisecond, Direction: task.FromAcceptor}); r.CPUSeconds <= 0 {
		t.Errorf("%+v", r)
	}
	if _, err := bed.Run(t.Context(), task.Task{Kind: task.RoundTrip}); err == nil || !strings.Contains(err.Error(), "iperf3") {
		t.Errorf("a round trip: %v, want a refusal", err)
	}
}
