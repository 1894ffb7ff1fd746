package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/notation"
)

func wireCommands() []*spec {
	return []*spec{
		{
			name: "wire", group: groupPackets, syntax: "wire NAME [addr=PREFIX[,PREFIX]] [net=SUBNET] [family=ipv4|ipv6|dual] [quiet] [brief|full]",
			doc: "Adds an end of the network without a stack: it shows what arrives and sends only what inject says. " +
				"quiet shows nothing; brief and full are as in packets.",
			compile: compileWire,
		}, {
			name: "inject", group: groupPackets,
			syntax: "inject [via=WIRE] [isn=N] [abs] [badsum] [ttl=N] [times=N] [every=TIME] [vary=port|addr|seq:N] FROM:PORT > TO:PORT SEGMENT",
			doc: "Sends a segment by hand, from a wire and with any source: FLAGS SEQ:END(LENGTH) ack N win N <OPTIONS> \"PAYLOAD\". " +
				"In place of both ends, SOCKET < is a segment for the host of a connection, as if its peer had sent it, and SOCKET > one for the peer.",
			compile: compileInject,
		},
	}
}

// wire is an end of the network without a stack.
type wire struct {
	ends   *sim.Wire
	quiet  bool
	detail notation.Detail
}

func compileWire(a *args) compiled {
	t := a.next("NAME")
	a.c.define(a, t, kindWire, t.text)
	x := &wire{quiet: a.flag("quiet"), detail: a.detail()}
	cfg := sim.WireConfig{Name: t.text, Family: a.family()}
	if list := a.interfaces(); len(list) == 1 {
		cfg.Interface = list[0]
	} else if len(list) > 1 {
		a.fail(a.verb, "a wire has one interface: give one addr= or one net=")
	}
	return compiled{run: func(r *runner, c *call) {
		x := &wire{quiet: x.quiet, detail: x.detail}
		cfg := cfg
		cfg.Receive = func(b []byte) { r.arrived(x, b) }
		var err error
		if x.ends, err = r.w.AddWire(cfg); err != nil {
			r.stop(c, err)
			return
		}
		r.wires[t.text] = x
		r.addNode(x.ends)
	}}
}

// detail reads brief or full.
func (a *args) detail() notation.Detail {
	switch {
	case a.flag("brief"):
		return notation.Brief
	case a.flag("full"):
		return notation.Full
	}
	return notation.Normal
}

// arrived shows a packet that has come to a wire.
func (r *runner) arrived(x *wire, b []byte) {
	p, err := notation.Decode(b)
	if err != nil {
		r.stamped(r.w.Now(), "%s < something unreadable: %v", x.ends.Name(), err)
		return
	}
	var seg notation.Segment
	if flow := r.flows.See(&p); flow != nil {
		seg = flow.Relative(&p)
	}
	if !x.quiet {
		r.stamped(r.w.Now(), "%s > %s %s", r.addressName(p.Src.Addr()), r.addressName(p.Dst.Addr()), p.Text(&seg, x.detail))
	}
}

// isWire reports whether an address is a wire's.
func (r *runner) isWire(addr netip.Addr) bool {
	for _, x := range r.wires {
		if slices.Contains(x.ends.Addrs(), addr) {
			return true
		}
	}
	return false
}

// injection is a packet to be sent by hand.
type injection struct {
	via      string // the wire; "" is the only one
	socket   string // whose ends it has; else from and to
	inbound  bool   // it is for the socket's host
	from, to endpoint
	seg      notation.Segment
	isn      uint32
	begins   bool // a new flow, that counts from isn
	absolute bool // the numbers are to be taken as they are
	badSum   bool
	ttl      uint8
	times    int
	every    time.Duration
	vary     string
	step     uint32 // of vary=seq
}

func compileInject(a *args) compiled {
	in := &injection{times: 1}
	arrow := slices.IndexFunc(a.words, func(t token) bool { return t.text == "<" || t.text == ">" })
	if arrow < 0 {
		a.failAt(a.end+1, "", "the direction is missing: %s, or inject SOCKET < SEGMENT", a.usage())
		return compiled{}
	}
	behind := a.words[arrow+1:]
	a.words, in.inbound = a.words[:arrow], a.words[arrow].text == "<"
	a.injectSettings(in)
	if a.err != nil {
		return compiled{}
	}
	behind = a.injectEnds(in, behind)
	if a.err != nil {
		return compiled{}
	}
	column := a.end + 1
	if len(behind) > 0 {
		column = behind[0].start
	}
	seg, err := notation.ParseSegment(a.text[min(column-1, a.end):a.end])
	var mistake *notation.SyntaxError
	if errors.As(err, &mistake) {
		a.failAt(column+mistake.Offset, mistake.Word, "%v", err)
	}
	in.seg = seg
	return compiled{run: func(r *runner, c *call) {
		if err := r.inject(in); err != nil {
			c.subject = "inject"
			c.result("%v", err)
		}
	}}
}

func (a *args) injectSettings(in *injection) {
	if t, ok := a.key("via"); ok {
		in.via = a.symbol(t, kindWire).name
	}
	if t, ok := a.key("isn"); ok {
		in.isn, in.begins = uint32(a.large(t, "isn", 0, 1<<32-1)), true
	}
	in.absolute, in.badSum = a.flag("abs"), a.flag("badsum")
	in.ttl = uint8(a.numberKey("ttl", 0, 1, 255))
	in.times = a.numberKey("times", 1, 1, 100_000)
	in.every, _ = a.durationKey("every")
	if t, ok := a.key("vary"); ok {
		word, step, _ := strings.Cut(t.text, ":")
		in.vary = a.choice(token{text: word, column: t.column}, "what varies", "port", "addr", "seq")
		if in.step = 1; step != "" {
			in.step = uint32(a.large(token{text: step, column: t.column + len(word) + 1}, "the step of vary", 1, 1<<31))
		}
	}
}

// injectEnds reads SOCKET, or FROM and, behind the arrow, TO; it returns the
// words of the segment.
func (a *args) injectEnds(in *injection, behind []token) []token {
	first := a.next("FROM:PORT or SOCKET")
	if !strings.Contains(first.text, ":") {
		s := a.symbol(first, kindConn, kindSocket)
		in.socket = s.name
		return behind
	}
	in.from = a.endpoint(first, "the source", false, false)
	if in.inbound {
		a.failAt(first.column+len(first.text)+1, "<", "write the ends as FROM:PORT > TO:PORT; the arrow < goes with the name of a connection")
	}
	if len(behind) == 0 {
		a.failAt(a.end+1, "", "TO:PORT is missing: %s", a.usage())
		return nil
	}
	in.to = a.endpoint(behind[0], "the destination", false, false)
	if in.via == "" {
		in.via = a.viaOf(in.from, first)
	}
	return behind[1:]
}

// viaOf is the wire that a packet from an end is sent by, if that is one.
func (a *args) viaOf(from endpoint, t token) string {
	if s := a.c.symbols[from.host]; s != nil && s.kind == kindWire {
		return s.name
	}
	if len(a.c.names([]kind{kindWire})) != 1 {
		a.fail(t, "%s is no wire, and it is not plain which one is to send this: add via=WIRE, one of %q", t.text, a.c.names([]kind{kindWire}))
	}
	return ""
}

// inject sends the packets of an injection.
func (r *runner) inject(in *injection) error {
	x, err := r.injector(in.via)
	if err != nil {
		return err
	}
	src, dst, err := r.injectAddresses(in)
	if err != nil {
		return err
	}
	r.catchUp()
	flow := r.flows.Find(src, dst)
	if flow == nil || in.begins {
		flow = r.flows.Begin(src, dst, in.isn)
	}
	seg := in.seg
	if !in.absolute {
		if seg, err = flow.Absolute(seg, src); err != nil {
			return err
		}
	}
	for i := range in.times {
		if i > 0 && in.every > 0 {
			r.w.RunFor(in.every)
		}
		p := notation.Packet{Src: src, Dst: dst, Proto: fault.TCP, TTL: in.ttl, TCP: seg}
		in.varied(&p, uint32(i))
		if err := r.sendByHand(x, &p, in.badSum); err != nil {
			return err
		}
	}
	return nil
}

// varied makes the i-th packet differ from the first.
func (in *injection) varied(p *notation.Packet, i uint32) {
	switch in.vary {
	case "port":
		p.Src = netip.AddrPortFrom(p.Src.Addr(), p.Src.Port()+uint16(i))
	case "addr":
		b := p.Src.Addr().AsSlice()
		for j, carry := len(b)-1, i; j >= 0 && carry > 0; j-- {
			carry += uint32(b[j])
			b[j], carry = byte(carry), carry>>8
		}
		addr, _ := netip.AddrFromSlice(b)
		p.Src = netip.AddrPortFrom(addr, p.Src.Port())
	case "seq":
		p.TCP.Seq += i * in.step
	}
}

func (r *runner) sendByHand(x *wire, p *notation.Packet, badSum bool) error {
	b, err := p.Encode()
	if err != nil {
		return err
	}
	r.flows.See(p)
	if badSum {
		b[len(b)-len(p.TCP.Payload)-1] ^= 0xff // of the header: the checksum no longer fits
	}
	return x.ends.Send(b)
}

// injector is the wire that sends.
func (r *runner) injector(name string) (*wire, error) {
	if name != "" {
		return r.wires[name], nil
	}
	var only *wire
	for _, n := range r.order {
		if x := r.wires[n]; x != nil {
			if only != nil {
				return nil, fmt.Errorf("there are several wires: say which one is to send this by via=WIRE")
			}
			only = x
		}
	}
	if only == nil {
		return nil, fmt.Errorf("nothing can send this by hand: add an end without a stack, such as wire mallory, before it")
	}
	return only, nil
}

// injectAddresses are source and destination.
func (r *runner) injectAddresses(in *injection) (src, dst netip.AddrPort, err error) {
	if in.socket == "" {
		ip6 := in.to.addr.Is6() || in.from.addr.Is6()
		return in.from.resolve(r, ip6), in.to.resolve(r, ip6), nil
	}
	ends, ok := r.ends[in.socket]
	if !ok {
		return src, dst, fmt.Errorf("%s has never been open: there is no connection to take the ends from", in.socket)
	}
	if in.inbound {
		return ends[1], ends[0], nil
	}
	return ends[0], ends[1], nil
}

// catchUp shows the flows what was sent since it was called last.
func (r *runner) catchUp() {
	all, err := r.w.AllPackets()
	if err != nil {
		return // too long a trace: the flows go without its end
	}
	for i, sent := range all.All() {
		if i < r.caughtUp {
			continue
		}
		if p, err := notation.Decode(sent.Bytes); err == nil {
			r.flows.See(&p)
		}
		r.caughtUp = i + 1
	}
}
