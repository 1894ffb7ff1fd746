package fault

import (
	"reflect"
	"slices"
)

// HostsOf lists the hosts that a fault of this package names, each once, in
// the order of its fields. A world can tell from it that a name is wrong; a
// fault of another kind names none.
func HostsOf(f Fault) []string {
	p := plainOf(f)
	if p == nil {
		return nil
	}
	c := codec{listing: true}
	p.fields(&c)
	var hosts []string
	for _, host := range c.named {
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// plainOf is what lies behind a fault that is a struct of this package, or a
// pointer to one; nil behind others.
func plainOf(f Fault) plain {
	if p, ok := f.(plain); ok {
		return p
	}
	if f == nil {
		return nil
	}
	v := reflect.New(reflect.TypeOf(f))
	v.Elem().Set(reflect.ValueOf(f))
	p, _ := v.Interface().(plain)
	return p
}
