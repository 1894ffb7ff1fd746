package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// What a resolver does by default: of resolv.conf's options, timeout:5 and
// attempts:2.
const (
	dnsTimeout = 5 * time.Second
	dnsTries   = 2
)

// resolver answers a host's questions for names from what the world knows:
// hosts, routers and what AddName has added. No packet is sent for it, so paths and
// faults of packets change nothing about it; fault.DNS does. An answer takes no
// time but for such faults.
type resolver struct{ h *Host }

var _ netstack.Resolver = resolver{}

// lookup is one call of LookupNetIP.
type lookup struct {
	h     *Host
	shown string // as it was asked for
	name  string // in lower case, without a final dot

	own      []netip.Addr // what the world knows
	known    bool         // whether it knows the name at all
	question []*question
}

// question is a lookup's for one record.
type question struct {
	record fault.Record
	open   bool // it has to be asked (again)
	addrs  []netip.Addr
	err    *net.DNSError
}

// LookupNetIP resolves a name as the host's dials do; network is "ip", "ip4" or
// "ip6". Errors are *net.DNSError, or net.ErrClosed where the host is down.
func (h *Host) LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error) {
	if network != "ip" && network != "ip4" && network != "ip6" {
		return nil, &net.DNSError{Err: "unknown network " + network + ": give ip, ip4 or ip6", Name: name}
	}
	addrs, err := resolver{h}.LookupNetIP(ctx, network, name)
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return nil, &net.DNSError{Err: "i/o timeout", Name: name, IsTimeout: true, IsTemporary: true, UnwrapErr: context.DeadlineExceeded}
	case ctx.Err() != nil:
		return nil, &net.DNSError{Err: "operation was canceled", Name: name, UnwrapErr: context.Canceled}
	case err == nil && len(addrs) == 0:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return addrs, err
}

// LookupNetIP implements netstack.Resolver. It asks for the records of both
// families at once, as package net does: what is not answered in five seconds
// is asked again, once.
func (r resolver) LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error) {
	if !r.h.Up() {
		return nil, net.ErrClosed
	}
	l := &lookup{h: r.h, shown: name, name: canonical(name)}
	if network != "ip6" {
		l.question = append(l.question, &question{record: fault.RecordA, open: true})
	}
	if network != "ip4" {
		l.question = append(l.question, &question{record: fault.RecordAAAA, open: true})
	}
	for range dnsTries {
		takes := time.Duration(0)
		l.own, l.known = r.h.w.addresses(l.name)
		for _, q := range l.question {
			if q.open {
				takes = max(takes, l.ask(q))
			}
		}
		if err := r.h.nap(ctx, takes); err != nil {
			return nil, err
		}
	}
	return l.result()
}

// ask puts one question and returns how long the answer takes.
func (l *lookup) ask(q *question) time.Duration {
	w := l.h.w
	w.sched.catchUp()
	a := w.faults.JudgeLookup(&fault.Lookup{Now: w.events.Now(), From: l.h.name, Name: l.name, Record: q.record})
	if a.Lost || a.Late >= dnsTimeout {
		q.err = &net.DNSError{Err: "i/o timeout", Name: l.shown, IsTimeout: true, IsTemporary: true}
		return dnsTimeout
	}
	q.err = nil
	switch {
	case a.NotFound:
		q.err = &net.DNSError{Err: "no such host", Name: l.shown, IsNotFound: true}
	case a.Failed:
		q.err = &net.DNSError{Err: "server misbehaving", Name: l.shown, IsTemporary: true}
	case len(a.Forged) > 0:
		q.addrs = ofRecord(a.Forged, q.record)
	case l.known:
		q.addrs = ofRecord(l.own, q.record)
	default:
		q.err = &net.DNSError{Err: "no such host" + suggestion(l.shown, w.knownNames()), Name: l.shown, IsNotFound: true}
	}
	q.open = a.Failed
	return a.Late
}

// ofRecord are the addresses of one family.
func ofRecord(list []netip.Addr, r fault.Record) []netip.Addr {
	var addrs []netip.Addr
	for _, a := range list {
		if a.Is4() == (r == fault.RecordA) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// result is the addresses that were found, those of the family first that the
// name's own first address is of. Without any, it is the error that says most:
// that nobody answered comes before that there is no such name.
func (l *lookup) result() ([]netip.Addr, error) {
	var first, second []netip.Addr
	var timeout, failed, notFound *net.DNSError
	v6First := len(l.own) > 0 && l.own[0].Is6()
	for _, q := range l.question {
		switch {
		case q.err == nil && (q.record == fault.RecordAAAA) == v6First:
			first = append(first, q.addrs...)
		case q.err == nil:
			second = append(second, q.addrs...)
		case q.err.IsTimeout:
			timeout = q.err
		case q.err.IsNotFound:
			notFound = q.err
		default:
			failed = q.err
		}
	}
	if all := append(first, second...); len(all) > 0 {
		return all, nil
	}
	for _, err := range []*net.DNSError{timeout, failed, notFound} {
		if err != nil {
			return nil, err
		}
	}
	return nil, nil // the name has no address of the family
}

// canonical is a name as it is compared.
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// AddName lets all hosts resolve a name to addresses, in this order; what the
// name had before is replaced, as when a zone is changed. Names of hosts are
// known by themselves and cannot be taken. The addresses need not be anybody's.
func (w *World) AddName(name string, addrs ...netip.Addr) error {
	if err := checkName("AddName: the name", strings.TrimSuffix(name, "."), "www.example.com"); err != nil {
		return err
	}
	if len(addrs) == 0 {
		return fmt.Errorf("sim: AddName: %s has no addresses: give one at least, or let a fault.DNS with NotFound hide the name", name)
	}
	for _, a := range addrs {
		if !a.IsValid() || a.Is4In6() || a.Zone() != "" || a.IsMulticast() || a.IsUnspecified() {
			return fmt.Errorf("sim: AddName: %v of %s: it must be a unicast IPv4 or IPv6 address without a zone", a, name)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	router := slices.ContainsFunc(w.routers, func(r *Router) bool { return canonical(r.name) == canonical(name) })
	if router || w.hostLocked(canonical(name)) != nil {
		return fmt.Errorf("sim: AddName: %s is a host or router, whose addresses are known by that name: choose another name", name)
	}
	if w.aliases == nil {
		w.aliases = map[string][]netip.Addr{}
	}
	w.aliases[canonical(name)] = append([]netip.Addr(nil), addrs...)
	return nil
}

// addresses is what the world knows of a canonical name.
func (w *World) addresses(name string) (addrs []netip.Addr, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if addrs, known = w.aliases[name]; known {
		return addrs, true
	}
	if h := w.hostLocked(name); h != nil {
		return h.Addrs(), true
	}
	for _, r := range w.routers {
		if canonical(r.name) == name {
			return r.Addrs(), true
		}
	}
	return nil, false
}

// hostLocked finds a host by its canonical name: the first, where names differ
// in their case alone.
func (w *World) hostLocked(name string) *Host {
	if h := w.names[name]; h != nil {
		return h
	}
	for _, h := range w.hosts {
		if canonical(h.name) == name {
			return h
		}
	}
	return nil
}

// knownNames lists the names that have addresses, sorted.
func (w *World) knownNames() []string {
	names := w.hostNames()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.routers {
		names = append(names, r.name)
	}
	for name := range w.aliases {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
