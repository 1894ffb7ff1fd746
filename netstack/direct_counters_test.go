package netstack

import (
	"fmt"
	"reflect"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
)

// counters are all that gVisor keeps: of the stack, of its interfaces, and of
// each IP version on each of these.
type counters struct {
	names  []string
	single []*tcpip.StatCounter
	keyed  []*tcpip.IntegralStatCounterMap
}

func (c *counters) addAll(s *Stack) {
	c.add("stack", reflect.ValueOf(s.gs.Stats()))
	for _, n := range s.nics {
		c.add(n.name, reflect.ValueOf(n.stats))
		for _, family := range []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber, ipv6.ProtocolNumber} {
			c.add(fmt.Sprintf("%s, protocol %#x", n.name, family), reflect.ValueOf(ipStatsOf(s.gs, n.id, family)).Elem())
		}
	}
}

// add finds the counters of a struct of gVisor's.
func (c *counters) add(name string, v reflect.Value) {
	for i := range v.NumField() {
		field := name + "." + v.Type().Field(i).Name
		switch f := v.Field(i); x := f.Interface().(type) {
		case *tcpip.StatCounter:
			c.names = append(c.names, field)
			c.single = append(c.single, x)
		case *tcpip.IntegralStatCounterMap:
			c.keyed = append(c.keyed, x)
		default:
			if f.Kind() == reflect.Struct {
				c.add(field, f)
			}
		}
	}
}

// diff names the counters that differ, and both values.
func (c *counters) diff(o *counters) string {
	var b strings.Builder
	for i, x := range c.single {
		if x, y := x.Value(), o.single[i].Value(); x != y {
			fmt.Fprintf(&b, " %s %d and %d", c.names[i], x, y)
		}
	}
	for i, m := range c.keyed {
		for _, k := range append(m.Keys(), o.keyed[i].Keys()...) {
			x, _ := m.Get(k)
			y, _ := o.keyed[i].Get(k)
			if x == nil || y == nil || x.Value() != y.Value() {
				fmt.Fprintf(&b, " of key %d: %v and %v", k, x, y)
			}
		}
	}
	return b.String()
}
