package pool

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/seed-731cb71d/warren/transport"
)

// Defaults are the options that a pool's listener has where Config.Options
// says nothing else: binary, backlog 1024, active false, packet raw,
// reuseaddr and nodelay.
func Defaults() []transport.Option {
	return []transport.Option{
		transport.Binary(),
		transport.Backlog(1024),
		transport.Active(false),
		transport.Packet(transport.PacketRaw),
		transport.ReuseAddr(true),
		transport.NoDelay(true),
	}
}

// Keywords translates the pool's keyword forms into options of package
// transport and leaves all others as they are:
//
//	{binary,true}         binary
//	{binary,false}        list, the mode of gen_tcp
//	{list,true}           list, unless {binary,true} is given too
//	{inet,true}           inet; inet6 likewise
//	{x,false}             nothing, for list, inet and inet6
//	{ip,"192.0.2.1"}      the address; ifaddr likewise
//
// An address that cannot be read is refused with transport.ErrBadArg.
func Keywords(opts []transport.Option) ([]transport.Option, error) {
	binary := slices.Contains(opts, transport.Option{Name: "binary", Value: true})
	var out []transport.Option
	for _, o := range opts {
		on, isBool := o.Value.(bool)
		text, isText := o.Value.(string)
		switch {
		case isBool && o.Name == "binary":
			if !on {
				o = transport.List()
			} else {
				o = transport.Binary()
			}
		case isBool && (o.Name == "list" || o.Name == "inet" || o.Name == "inet6"):
			if !on || (o.Name == "list" && binary) {
				continue
			}
			o = transport.Option{Name: o.Name}
		case isText && (o.Name == "ip" || o.Name == "ifaddr"):
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("pool: option {%s,%q}: give an address such as 192.0.2.1 or 2001:db8::1: %w", o.Name, text, transport.ErrBadArg)
			}
			o.Value = addr
		}
		out = append(out, o)
	}
	return out, nil
}
