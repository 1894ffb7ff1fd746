package bench

import (
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// The names of the variants in memory.
const (
	loopbackName = "kernel-loopback"
	netPipeName  = "net.Pipe"
	pipeName     = "pipe-65520"
	pipe1500Name = "pipe-1500"
	pipe1420Name = "pipe-1420"

	wireguard1420Name  = "wireguard-1420"
	wireguard65520Name = "wireguard-65520"
	gonetName          = "gvisor-gonet-65520"
)

// Options say how long the samples of a plan are.
type Options struct {
	// Quick makes short samples and few connections: a look, not a
	// measurement.
	Quick bool
}

// Memory is what is measured within this process.
func Memory(o Options) series.Plan {
	return series.Plan{
		Variants: []series.Variant{
			loopback{},
			stackPair{name: pipeName, mtu: 65520},
			stackPair{name: pipe1500Name, mtu: 1500},
			stackPair{name: pipe1420Name, mtu: 1420},
			netPipe{},
			wireguard{name: wireguard1420Name, kind: wireguardKind, mtu: 1420},
			wireguard{name: wireguard65520Name, kind: wireguardKind, mtu: 65520},
			wireguard{name: gonetName, kind: gonetKind, mtu: 65520},
		},
		Rows: []series.Row{
			o.oneStream(), o.manyStreams(), o.roundTrip(),
			o.connections("memory connections, 16 workers", 16, series.Aim(1.2, 1.6)),
			o.connections("memory connections, 1 worker", 1, series.Goal{}),
			o.allocations(),
			o.wireguard("memory one stream against wireguard-go, MTU 1420", wireguard1420Name, pipe1420Name, 50),
			o.wireguard("memory one stream against wireguard-go, MTU 65520", wireguard65520Name, pipeName, 6),
			o.idle("memory idle endpoint", 0, series.Aim(6, 5)),
			o.idle("memory idle endpoint after 1 KiB each way", 1<<10, series.Goal{}),
		},
		Notes: []string{
			"In memory both ends and their goroutines share this process. The kernel's sockets have keep-alive off, as the stack's have.",
			"Connections: connect, a byte each way, close, the dialling side first. Every sample of the stack has fresh stacks, every sample of the kernel addresses of its own in 127/8, 8 of them in turn, so that connections in TIME-WAIT use up no ports.",
			"1000 streams: the kernel's sockets have buffers of 256 KiB; with those that it chooses it comes to the end of net.ipv4.tcp_mem and stalls. The stack's have its defaults.",
			"wireguard-go: two of its netstacks in one process, joined by a goroutine each way that carries packets from one TUN device to the other; nothing is encrypted.",
			"gvisor-gonet: two of gVisor's stacks with gVisor's own pipe, which delivers in the sender's call, and its own adapter to package net: what any stack on it starts from.",
			"Allocations: half of what both ends together need for 64 KiB. Idle: per endpoint, two of them to a connection; one repetition, as nothing is timed.",
		},
	}
}

// sample is a task's times: long, or a fifth of that.
func (o Options) sample(t task.Task, long time.Duration) task.Task {
	if o.Quick {
		long /= 5
	}
	return series.Times(t, long)
}

// stream is the task of streams in memory.
func (o Options) stream(n int) task.Task {
	return o.sample(task.Task{Kind: task.Stream, Streams: n}, 600*time.Millisecond)
}

func (o Options) oneStream() series.Row {
	return series.Row{
		Name: "memory one stream", Task: o.stream(1),
		Base: loopbackName, Variants: []string{pipeName, pipe1500Name, netPipeName},
		Metrics: []series.Metric{series.Throughput().With(pipeName, series.Aim(1.5, 2.0)), series.CPU()},
	}
}

func (o Options) manyStreams() series.Row {
	return series.Row{
		Name: "memory 1000 streams", Task: o.sample(task.Task{Kind: task.Stream, Streams: 1000}, 2*time.Second),
		Base: loopbackName, Variants: []string{pipeName, pipe1500Name},
		Floor:   &series.Floor{Task: o.stream(1), Share: 0.5},
		Metrics: []series.Metric{series.Throughput().With(pipeName, series.Aim(1.0, 1.5)), series.Fairness()},
	}
}

func (o Options) roundTrip() series.Row {
	return series.Row{
		Name: "memory round trip", Task: o.sample(task.Task{Kind: task.RoundTrip}, 300*time.Millisecond),
		Base: loopbackName, Variants: []string{pipeName, pipe1500Name, netPipeName, gonetName},
		Metrics: []series.Metric{series.Median().With(pipeName, series.Aim(1.4, 1.0)), series.Tail(), series.CPUPerOperation()},
	}
}

// connections without a goal has no target.
func (o Options) connections(name string, workers int, goal series.Goal) series.Row {
	rate := series.Rate("conns/s")
	if goal != (series.Goal{}) {
		rate = rate.With(pipeName, goal)
	}
	return series.Row{
		Name: name, Task: o.sample(task.Task{Kind: task.Connections, Workers: workers}, 500*time.Millisecond),
		Base: loopbackName, Variants: []string{pipeName, pipe1500Name, gonetName},
		Metrics: []series.Metric{rate, series.Tail(), series.CPUPerOperation()},
	}
}

func (o Options) allocations() series.Row {
	return series.Row{
		Name: "memory allocations", Task: o.stream(1), Variants: []string{pipeName, pipe1500Name, loopbackName},
		Metrics: []series.Metric{series.Allocations().With(pipeName, series.Aim(1, 0))},
	}
}

func (o Options) wireguard(name, base, variant string, target float64) series.Row {
	return series.Row{
		Name: name, Task: o.stream(1), Base: base, Variants: []string{variant},
		Metrics: []series.Metric{series.Throughput().With(variant, series.Goal{Target: target}), series.CPU()},
	}
}

// idleRepetitions are enough, as the weight of a connection does not depend on
// what else runs.
const idleRepetitions = 1

// idle without a goal has no target.
func (o Options) idle(name string, bytes int, goal series.Goal) series.Row {
	t := task.Task{Kind: task.Idle, Streams: 100_000, WriteBytes: bytes}
	if o.Quick {
		t.Streams = 5_000
	}
	heap, goroutines := series.Heap(), series.Goroutines()
	if goal != (series.Goal{}) {
		heap = heap.With(pipeName, goal)
		goroutines = goroutines.With(pipeName, series.Aim(0, 0))
	}
	return series.Row{
		Name: name, Task: t, Variants: []string{pipeName}, Repetitions: idleRepetitions,
		Metrics: []series.Metric{heap, goroutines, series.HeapAfter()},
	}
}
