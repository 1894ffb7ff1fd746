//go:build !android

package bed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strconv"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// iperf3Port is where its server listens.
const iperf3Port = 5201

// iperf3Bed lets iperf3 move a stream over a veth pair, to see whether Go's
// loops over kernel sockets, which everything is compared with, are a fair base.
type iperf3Bed struct {
	path       string
	a, b       *namespace.Namespace
	congestion string
}

var _ series.Bed = (*iperf3Bed)(nil)

func openIperf3(o Options) (series.Bed, error) {
	path, err := find("iperf3", "iperf3")
	if err != nil {
		return nil, err
	}
	a, b, err := newHosts(mtuVeth)
	if err != nil {
		return nil, err
	}
	return &iperf3Bed{path: path, a: a, b: b, congestion: o.Congestion}, nil
}

// Run implements series.Bed for one stream; other tasks are errors.
func (i *iperf3Bed) Run(ctx context.Context, t task.Task) (task.Result, error) {
	if t.Kind != task.Stream || t.Streams > 1 {
		return task.Result{}, fmt.Errorf("iperf3 moves one stream here, and is not made for %s with %d", t.Kind, t.Streams)
	}
	server, err := startProgram(i.b, nil, i.path, "-s", "-1", "-B", vethB.Addr().String(), "-p", strconv.Itoa(iperf3Port))
	if err != nil {
		return task.Result{}, err
	}
	defer server.stop()
	listening := func() bool {
		found, err := isListening(i.b, iperf3Port)
		return err == nil && found
	}
	if err := server.await(ctx, "it listens", listening); err != nil {
		return task.Result{}, err
	}
	return i.client(ctx, t)
}

// client runs iperf3's client and reads what its server has received.
func (i *iperf3Bed) client(ctx context.Context, t task.Task) (task.Result, error) {
	piece := t.WriteBytes
	if piece == 0 {
		piece = 64 << 10
	}
	seconds := max(1, int(math.Ceil(t.Duration.Seconds())))
	args := []string{"-c", vethB.Addr().String(), "-p", strconv.Itoa(iperf3Port), "-J", "-l", strconv.Itoa(piece), "-t", strconv.Itoa(seconds)}
	if t.Direction == task.FromAcceptor {
		args = append(args, "-R")
	}
	if i.congestion != "" {
		args = append(args, "-C", i.congestion)
	}
	var out []byte
	err := i.a.Do(func() (err error) {
		out, err = child(exec.CommandContext(ctx, i.path, args...)).Output()
		return err
	})
	if err != nil {
		return task.Result{}, fmt.Errorf("iperf3: %w: %.200s", err, out)
	}
	return iperf3Result(out)
}

// iperf3Report is what we read of iperf3's JSON.
type iperf3Report struct {
	End struct {
		Received struct {
			Bytes   int64   `json:"bytes"`
			Seconds float64 `json:"seconds"`
		} `json:"sum_received"`
		CPU struct {
			Local  float64 `json:"host_total"`
			Remote float64 `json:"remote_total"`
		} `json:"cpu_utilization_percent"`
	} `json:"end"`
}

// iperf3Result makes a result of iperf3's report.
func iperf3Result(out []byte) (task.Result, error) {
	var r iperf3Report
	if err := json.Unmarshal(out, &r); err != nil {
		return task.Result{}, fmt.Errorf("iperf3's report: %w", err)
	}
	got := r.End.Received
	if got.Bytes <= 0 || got.Seconds <= 0 {
		return task.Result{}, errors.New("iperf3's report has no bytes received")
	}
	return task.Result{
		Seconds:    got.Seconds,
		Bytes:      got.Bytes,
		Streams:    []int64{got.Bytes},
		CPUSeconds: (r.End.CPU.Local + r.End.CPU.Remote) / 100 * got.Seconds,
		Work:       got.Bytes,
	}, nil
}

// Close implements io.Closer.
func (i *iperf3Bed) Close() error { return closeHosts(i.a, i.b) }
