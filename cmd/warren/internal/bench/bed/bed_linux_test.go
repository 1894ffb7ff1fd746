//go:build !android

package bed

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
	"github.com/seed-731cb71d/warren/test/wait"
)

func TestMain(m *testing.M) {
	worker.RunIfAsked()
	os.Exit(m.Run())
}

// tiny are the shortest tasks of each kind.
var tiny = []task.Task{
	{Kind: task.Stream, Duration: 20 * time.Millisecond, Warmup: 10 * time.Millisecond},
	{Kind: task.Stream, Direction: task.FromAcceptor, Streams: 3, Duration: 20 * time.Millisecond, Warmup: 10 * time.Millisecond},
	{Kind: task.RoundTrip, Duration: 20 * time.Millisecond},
	{Kind: task.Connections, Workers: 4, Duration: 20 * time.Millisecond},
}

// testPlan makes the plan of TUN, or skips the test.
func testPlan(t *testing.T, plan func(context.Context, Options) (series.Plan, error), o Options) series.Plan {
	t.Helper()
	p, err := plan(t.Context(), o)
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs root: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// testHost makes a namespace for the test, or skips it.
func testHost(t *testing.T) *namespace.Namespace {
	t.Helper()
	n, err := newHost("test")
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs root: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func TestVariantsMoveBytes(t *testing.T) {
	own := Spec{Name: "own", GOMAXPROCS: 1, GOGC: 400, BusyPoll: 50 * time.Microsecond, Pinned: true, CongestionControl: "reno", SendBuffer: 64 << 10}
	for _, v := range testPlan(t, TUN, Options{Specs: []Spec{own}}).Variants {
		if v.Name() == iperf3Name {
			continue // takes a second at least
		}
		t.Run(v.Name(), func(t *testing.T) {
			bed := open(t, v)
			for _, one := range tiny {
				r := movesSomething(t, bed, one)
				if r.CPUSeconds <= 0 || r.Seconds <= 0 || r.Errors > 0 {
					t.Errorf("%s: %+v", one.Kind, r)
				}
			}
		})
	}
}

// open opens the variant, or skips the test.
func open(t *testing.T, v series.Variant) series.Bed {
	t.Helper()
	bed, err := v.Open(t.Context())
	if absent := (*series.Unavailable)(nil); errors.As(err, &absent) {
		t.Skipf("not on this machine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return bed
}

// movesSomething runs the task until something has moved: on a busy machine a
// short sample may show nothing.
func movesSomething(t *testing.T, bed series.Bed, one task.Task) (r task.Result) {
	t.Helper()
	wait.Until(t, func() bool {
		var err error
		if r, err = bed.Run(t.Context(), one); err != nil {
			t.Fatalf("%s: %v", one.Kind, err)
		}
		return r.Bytes+r.Operations > 0
	}, string(one.Kind)+" moves something")
	return r
}

// A measurement that is interrupted ends its processes and its namespaces.
func TestInterruptedRunLeavesNothing(t *testing.T) {
	before := childProcesses(t)
	for _, v := range testPlan(t, Peers, Options{}).Variants {
		if v.Name() == iperf3Name {
			continue
		}
		t.Run(v.Name(), func(t *testing.T) {
			bed := open(t, v)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				wait.True(func() bool { return childProcesses(t) > before })
				cancel()
			}()
			_, err := bed.Run(ctx, task.Task{Kind: task.RoundTrip, Duration: time.Hour})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want context.Canceled", err)
			}
			wait.Until(t, func() bool { return childProcesses(t) <= before }, "the processes have ended")
		})
	}
}

// childProcesses counts this process's children, also those that nobody has
// waited for.
func childProcesses(t *testing.T) (n int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		t.Skip("needs /proc")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			n++
		}
	}
	return n
}

// A device that cannot be had makes the variant unavailable, in the words of
// package tun.
func TestRefusedDeviceIsSkipped(t *testing.T) {
	testHost(t)
	s := Spec{Name: "refused", MTU: 1500, CPUProfile: "/no/such/directory/file"}
	_, err := openTunnel(t.Context(), s, Options{}, false)
	if absent := (*series.Unavailable)(nil); !errors.As(err, &absent) || !strings.Contains(absent.Reason, "no such file") {
		t.Errorf("%v, want the variant to be unavailable and why", err)
	}
}
