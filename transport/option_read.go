package transport

import (
	"errors"
	"syscall"
)

// read answers GetOpts for names, in that order, repeats included. sock asks
// the network (NetSocket.Option); nil, or an error other than
// errors.ErrUnsupported, leaves the network's options out of the answer, and
// so are options that do not apply to the socket. A name that cannot be read
// fails all with an *OptionError around syscall.EINVAL.
func (s *settings) read(names []string, sock func(SockOpt) (int, error)) ([]Option, error) {
	for _, name := range names {
		if spec, ok := optionTable[name]; !ok || spec.at&placeGet == 0 {
			return nil, &OptionError{Name: name, Remedy: "it is no option that can be read", Err: syscall.EINVAL}
		}
	}
	out := make([]Option, 0, len(names))
	for _, name := range names {
		if v := s.readOne(optionTable[name], sock); v != nil {
			out = append(out, Option{name, v})
		}
	}
	return out, nil
}

// readOne returns the value of one option, nil to leave it out.
func (s *settings) readOne(spec *optionSpec, sock func(SockOpt) (int, error)) any {
	if spec.sock == 0 {
		if spec.get == nil {
			return nil
		}
		return spec.get(s)
	}
	v6 := spec.sock == SockTrafficClass || spec.sock == SockV6Only
	if sock == nil || (v6 && !s.inet6) {
		return nil
	}
	n, err := sock(spec.sock)
	if err != nil {
		if !errors.Is(err, errors.ErrUnsupported) || !harmless(spec.sock) {
			return nil
		}
		n = s.sockValue(spec.sock)
	}
	if spec.boolean {
		return n != 0
	}
	return n
}

// harmless reports whether a network may lack the option without the program
// noticing; it is then remembered and read back.
func harmless(opt SockOpt) bool { return opt == SockPriority || opt == SockDontRoute }

// applySock sets network options with set (NetSocket.SetOption), passing over
// those that the network lacks and that do no harm. It stops at the first
// other error.
func applySock(opts []SockOptValue, set func(SockOpt, int) error) error {
	for _, o := range opts {
		err := set(o.Opt, o.Value)
		if err != nil && !(harmless(o.Opt) && errors.Is(err, errors.ErrUnsupported)) {
			return err
		}
	}
	return nil
}

// bindToDevice ties s to the interface name; "" does nothing. It fails with
// syscall.EINVAL where the network knows no such interface, or none at all.
func bindToDevice(s NetSocket, name string) error {
	if name == "" {
		return nil
	}
	if d, ok := s.(DeviceBinder); ok {
		return d.BindToDevice(name)
	}
	return &OptionError{
		Name: "bind_to_device", Value: name, Err: syscall.EINVAL, Unsupported: true,
		Remedy: "the network of this socket cannot bind to an interface, give ip instead",
	}
}
