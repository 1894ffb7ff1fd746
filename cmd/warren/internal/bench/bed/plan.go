package bed

import (
	"slices"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/tun"
)

// Options say what a plan compares and how long its samples are.
type Options struct {
	// Quick makes short samples: a look, not a measurement.
	Quick bool

	// Pinned keeps the dialling process of every pair on the last processor
	// and the accepting one on the first, in the base as in the variants.
	// Otherwise the kernel places them, now both on one processor, now apart,
	// which for veth decides whether a round trip takes 8 or 60 us.
	Pinned bool

	// Congestion is the congestion control of the kernel's connections, in the
	// base as in the variants; "" is the system's default.
	Congestion string

	// Specs are further variants of the stack over TUN, measured in every row
	// of TUN beside its own ones.
	Specs []Spec
}

// standardSpecs are the variants that have targets.
func standardSpecs() []Spec {
	return []Spec{
		{Name: tunName, MTU: 1500, Offload: tun.OffloadOn},
		{Name: tunLargeName, MTU: 65520, Offload: tun.OffloadOn},
		{Name: tunPlainName, MTU: 65520, Offload: tun.OffloadOff},
	}
}

// specs are all variants of the stack over TUN.
func (o Options) specs() []Spec {
	all := append(standardSpecs(), o.Specs...)
	for i := range all {
		all[i].Pinned = all[i].Pinned || o.Pinned
	}
	return all
}

// pinned reports whether any variant is to be.
func (o Options) pinned() bool {
	return slices.ContainsFunc(o.specs(), func(s Spec) bool { return s.Pinned })
}

// names are those of the variants, of the standard ones and of o's own.
func (o Options) names(suffix string, standard ...string) []string {
	var all []string
	for _, name := range standard {
		all = append(all, name+suffix)
	}
	for _, s := range o.Specs {
		all = append(all, s.Name+suffix)
	}
	return all
}

// sample is a task's times: long, or a third of that.
func (o Options) sample(t task.Task, long time.Duration) task.Task {
	if o.Quick {
		long /= 3
	}
	return series.Times(t, long)
}

// manyStreamsTime is long enough that each of a thousand streams has its turn,
// also where the kernel's own pacing makes them wait.
const manyStreamsTime = 2 * time.Second

// stream is the task of streams. The stack dials, and so FromDialler is what
// it sends.
func (o Options) stream(n int, d task.Direction) task.Task {
	long := 600 * time.Millisecond
	if n > 1 {
		long = manyStreamsTime
	}
	return o.sample(task.Task{Kind: task.Stream, Streams: n, Direction: d}, long)
}

// tunRows are the rows of TUN: veth's of the same repetition are their base.
func (o Options) tunRows() []series.Row {
	fast := series.Throughput().
		With(tunName, series.Aim(1.0, 1.1)).
		With(tunLargeName, series.Aim(1.1, 1.2)).
		With(tunPlainName, series.Goal{Target: 0.9})
	back := series.Throughput().
		With(tunName, series.Aim(0.8, 1.0)).
		With(tunLargeName, series.Aim(0.9, 1.0)).
		With(tunPlainName, series.Goal{Target: 0.7})
	return []series.Row{
		o.iperf3(),
		o.oneStream("TUN one stream, send", task.FromDialler, fast),
		o.oneStream("TUN one stream, receive", task.FromAcceptor, back),
		o.roundTrip(),
		o.connections("TUN connections made, 16 workers", ""),
		o.connections("TUN connections accepted, 16 workers", acceptingName),
		o.manyStreams("TUN 1000 streams, send", task.FromDialler),
		o.manyStreams("TUN 1000 streams, receive", task.FromAcceptor),
	}
}

// TUNRows are the names of TUN's rows, also where TUN fails.
func TUNRows() []string { return rowNames(Options{}.tunRows()) }

// PeersRows are the names of Peers' rows, also where Peers fails.
func PeersRows() []string { return rowNames(Options{}.peerRows(nil)) }

func rowNames(rows []series.Row) (names []string) {
	for _, r := range rows {
		names = append(names, r.Name)
	}
	return names
}

// iperf3 asks whether our loops over kernel sockets are a fair base.
func (o Options) iperf3() series.Row {
	return series.Row{
		Name: "veth against iperf3", Task: o.stream(1, task.FromDialler),
		Base: iperf3Name, Variants: []string{vethName},
		Metrics: []series.Metric{series.Throughput().With(vethName, series.Goal{Target: 0.9})},
	}
}

func (o Options) oneStream(name string, d task.Direction, throughput series.Metric) series.Row {
	return series.Row{
		Name: name, Task: o.stream(1, d),
		Base: vethName, Variants: o.names("", tunName, tunLargeName, tunPlainName, loopbackName),
		Metrics: []series.Metric{throughput, series.CPU()},
	}
}

func (o Options) roundTrip() series.Row {
	goal := func(m series.Metric) series.Metric {
		return m.With(tunName, series.Aim(1.2, 1.0)).With(tunLargeName, series.Aim(1.2, 1.0))
	}
	return series.Row{
		Name: "TUN round trip", Task: o.sample(task.Task{Kind: task.RoundTrip}, 400*time.Millisecond),
		Base: vethName, Variants: o.names("", tunName, tunLargeName, loopbackName),
		Metrics: []series.Metric{goal(series.Median()), goal(series.Tail())},
	}
}

func (o Options) connections(name, suffix string) series.Row {
	rate := series.Rate("conns/s").
		With(tunName+suffix, series.Aim(0.85, 1.0)).
		With(tunLargeName+suffix, series.Aim(0.85, 1.0))
	return series.Row{
		Name: name, Task: o.sample(task.Task{Kind: task.Connections, Workers: 16}, 500*time.Millisecond),
		Base: vethName, Variants: o.names(suffix, tunName, tunLargeName),
		Metrics: []series.Metric{rate, series.Tail()},
	}
}

func (o Options) manyStreams(name string, d task.Direction) series.Row {
	return series.Row{
		Name: name, Task: o.stream(1000, d),
		Base: vethName, Variants: o.names("", tunName, tunLargeName),
		Floor: &series.Floor{Task: o.stream(1, d), Share: 0.5},
		Metrics: []series.Metric{
			series.Throughput().With(tunName, series.Aim(0.6, 1.0)).With(tunLargeName, series.Aim(0.6, 1.0)),
			series.Fairness().With(tunName, series.Goal{Target: 0.9}).With(tunLargeName, series.Goal{Target: 0.9}),
			series.CPU(),
		},
	}
}

// peerRows are the rows of the peers beside the stack.
func (o Options) peerRows(peers []string) []series.Row {
	variants := append(peers, o.names("", tunName, tunLargeName)...)
	row := func(name string, t task.Task, metrics ...series.Metric) series.Row {
		return series.Row{Name: name, Task: t, Base: vethName, Variants: variants, Metrics: metrics}
	}
	return []series.Row{
		row("peers one stream, up", o.stream(1, task.FromDialler), series.Throughput(), series.CPU()),
		row("peers one stream, down", o.stream(1, task.FromAcceptor), series.Throughput(), series.CPU()),
		row("peers round trip", o.sample(task.Task{Kind: task.RoundTrip}, 400*time.Millisecond), series.Median(), series.Tail()),
		row("peers connections, 16 workers", o.sample(task.Task{Kind: task.Connections, Workers: 16}, 500*time.Millisecond), series.Rate("conns/s"), series.Tail()),
	}
}
