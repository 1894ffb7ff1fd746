//go:build !android

package bed

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// TUN is what is measured over a TUN device. The error says what this process
// lacks; fs.ErrPermission means that namespace.Enter may help.
func TUN(_ context.Context, o Options) (series.Plan, error) {
	if err := CheckNames(o.Specs); err != nil {
		return series.Plan{}, err
	}
	if o.pinned() {
		if err := CheckPinned(); err != nil {
			return series.Plan{}, err
		}
	}
	if err := namespace.Possible(); err != nil {
		return series.Plan{}, err
	}
	variants := []series.Variant{
		variant{vethName, func(context.Context) (series.Bed, error) { return openVeth(o) }},
		variant{loopbackName, func(context.Context) (series.Bed, error) { return openLoopback(o) }},
		variant{iperf3Name, func(context.Context) (series.Bed, error) { return openIperf3(o) }},
	}
	for _, s := range o.specs() {
		variants = append(variants,
			variant{s.Name, func(ctx context.Context) (series.Bed, error) { return openTunnel(ctx, s, o, false) }},
			variant{s.Name + acceptingName, func(ctx context.Context) (series.Bed, error) { return openTunnel(ctx, s, o, true) }})
	}
	return series.Plan{Variants: variants, Rows: o.tunRows(), Notes: append(notes(o),
		fmt.Sprintf("Base %s: the kernel's TCP between two network namespaces over a veth pair of MTU %d with its segmentation offload. The device's other end is the kernel of one such namespace.", vethName, mtuVeth),
		"Send and receive are the stack's, which dials; in rows and variants named accepting the kernel dials.",
	)}, nil
}

// notes are what all measurements of this package have in common.
func notes(o Options) []string {
	placed := "The kernel chooses the processors of both"
	if o.Pinned {
		placed = "The dialling side is kept on the last processor, the accepting one on the first, so each has GOMAXPROCS 1"
	}
	var changed []string
	for _, s := range settings {
		changed = append(changed, fmt.Sprintf("%s=%q", s.name, s.value))
	}
	return []string{
		"Both sides are processes of their own, started for each sample, with the same loops and buffers. Processor time is that of all processes that carry the bytes, with what the kernel does in their name. " + placed + ".",
		fmt.Sprintf("GOMAXPROCS %d on both sides where a variant does not say otherwise; kernel TCP has congestion control %s, and in the namespaces %s. Nothing else was changed.",
			runtime.GOMAXPROCS(0), cmp.Or(o.Congestion, congestion()), strings.Join(changed, ", ")),
	}
}

// congestion is the kernel's congestion control, which namespaces inherit.
func congestion() string {
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// Peers is what is measured of other programs that give a sandbox a network,
// beside the stack over TUN. The error is that of TUN.
func Peers(ctx context.Context, o Options) (series.Plan, error) {
	p, err := TUN(ctx, o)
	if err != nil {
		return series.Plan{}, err
	}
	var names []string
	for _, g := range gateways() {
		names = append(names, g.name)
		p.Variants = append(p.Variants, variant{g.name, g.open})
	}
	p.Rows = o.peerRows(names)
	p.Notes = append(p.Notes,
		"Peers: a client in a namespace without devices dials a server on 127.0.0.1 of another namespace. The peer stands between them and carries each byte from one TCP connection to another, but for pasta-splice, which joins sockets of both namespaces' 127.0.0.1. Up is from the client to the server.",
		"The stack over TUN beside them is the client itself and relays nothing: it has one connection where a gateway has two.")
	return p, nil
}
