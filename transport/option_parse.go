package transport

import (
	"fmt"
	"net/netip"
)

// place is where an option may be given.
type place uint8

const (
	placeListen place = 1 << iota
	placeConnect
	placeSet
	placeGet

	placeOpen = placeListen | placeConnect
	placeAll  = placeOpen | placeSet | placeGet
)

// optionSpec describes one option.
type optionSpec struct {
	at   place  // where it is accepted
	want string // what it takes, for the error
	// set checks v and puts it into p; false refuses it.
	set func(p *parse, v any) bool
	// get returns what is remembered; nil where sock is read instead.
	get func(s *settings) any
	// sock is the network's option of that name; boolean tells its type.
	sock    SockOpt
	boolean bool
	// unsupported, if not nil, tells values that are known to gen_tcp and
	// not offered here.
	unsupported func(v any) bool
}

// parse is a list of options being read.
type parse struct {
	at     place
	open   *openSettings // nil in placeSet
	next   *settings
	change change
}

// change is what SetOpts has to do besides replacing the settings.
type change struct {
	// sock are to be set on the network, in order; see applySock.
	sock []SockOptValue
	// device: bind_to_device was given.
	device bool
	// active: the option was given, so waiting data may have to be
	// delivered. passives is how many Passive messages the owner gets.
	active   bool
	passives int
}

// parseSet checks the options of SetOpts against cur, which it leaves alone.
// They are applied in the order given. On an error nothing is to be done; it
// is an *OptionError around syscall.EINVAL.
func parseSet(cur *settings, opts []Option) (next settings, c change, err error) {
	next = *cur
	p := parse{at: placeSet, next: &next}
	for _, o := range opts {
		if err := p.option(o); err != nil {
			return *cur, change{}, err
		}
	}
	return next, p.change, nil
}

// parseOpen checks the options of Listen or Connect.
func parseOpen(at place, port int, opts []Option) (openSettings, error) {
	o := openSettings{settings: defaultSettings(), backlog: 5, fd: -1, port: port}
	if port < 0 || port > 65535 {
		return o, optionError(at, Option{"port", port}, "give a port from 0 to 65535")
	}
	p := parse{at: at, open: &o, next: &o.settings}
	for _, opt := range opts {
		if err := p.option(opt); err != nil {
			return o, err
		}
	}
	return o, p.family()
}

// option reads one option.
func (p *parse) option(o Option) error {
	spec, known := optionTable[o.Name]
	switch {
	case !known:
		return optionError(p.at, o, "there is no option of that name")
	case spec.unsupported != nil && spec.unsupported(o.Value):
		err := optionError(p.at, o, spec.want)
		err.Unsupported = true
		return err
	case spec.at&p.at == 0:
		return optionError(p.at, o, "it is "+spec.at.where())
	case !spec.set(p, o.Value):
		return optionError(p.at, o, "give "+spec.want)
	}
	return nil
}

// where says in words where an option is accepted.
func (at place) where() string {
	switch {
	case at&placeOpen == placeOpen:
		return "for Listen and Connect only"
	case at&placeListen != 0:
		return "for Listen only"
	}
	return "for SetOpts only"
}

// family settles the family from inet, inet6 and the local address, and checks
// what depends on it.
func (p *parse) family() error {
	o := p.open
	if o.addr.IsValid() {
		v6 := o.addr.Is6()
		if o.familyGiven && v6 != o.inet6 {
			return optionError(p.at, Option{"ip", o.addr}, "give an address of the family of the option "+familyName(o.inet6))
		}
		o.inet6 = v6
	}
	if o.loopback {
		o.addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if o.inet6 {
			o.addr = netip.IPv6Loopback()
		}
	}
	if o.inet6 {
		return nil
	}
	if o.v6Only {
		return optionError(p.at, Option{"ipv6_v6only", true}, "give the option inet6 with it")
	}
	for _, v := range o.sock {
		if v.Opt == SockTrafficClass {
			return optionError(p.at, Option{"tclass", v.Value}, "give the option inet6 with it, or tos instead")
		}
	}
	return nil
}

// familyName is the option that asks for a family.
func familyName(inet6 bool) string {
	if inet6 {
		return "inet6"
	}
	return "inet"
}

// sock notes a network option in the settings and in the change.
func (p *parse) sock(opt SockOpt, value int) {
	p.next.putSock(opt, value)
	p.change.sock = append(p.change.sock, SockOptValue{opt, value})
}

// rangeWant words an integer range for an error.
func rangeWant(lo, hi int) string { return fmt.Sprintf("an integer from %d to %d", lo, hi) }
