package vectors

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// loopback4 is the format's usual local address.
var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// options decodes the argument opts. typed is false where the file passes
// something that is no list of options at all, which Go's types exclude.
func (r *runner) options(step *Step) (opts []transport.Option, typed bool, err error) {
	if _, ok := form(step.Args["opts"], "raw_value"); ok {
		return nil, false, nil
	}
	list, err := step.Args.list("opts")
	if err != nil {
		return nil, false, err
	}
	for _, v := range list {
		o, err := r.option(v)
		if err != nil {
			return nil, false, err
		}
		opts = append(opts, o)
	}
	return opts, true, nil
}

// option decodes one option: a symbol, a pair, or something malformed, which
// becomes an option that has no name.
func (r *runner) option(v any) (transport.Option, error) {
	if name, ok := v.(string); ok {
		return transport.Option{Name: name}, nil
	}
	if pair, ok := v.([]any); ok && len(pair) > 0 {
		name, ok := pair[0].(string)
		if ok && len(pair) == 2 {
			value, err := r.value(name, pair[1])
			return transport.Option{Name: name, Value: value}, err
		}
		value, err := r.value(name, pair[1:])
		return transport.Option{Name: name, Value: value}, err
	}
	value, err := r.value("", v)
	return transport.Option{Value: value}, err
}

// value decodes the value of the option name into the Go type that transport
// takes, or, for one that is malformed, into something of a similar kind.
func (r *runner) value(name string, v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case json.Number:
		n, err := v.Int64()
		return int(n), err
	case string:
		if addr, err := netip.ParseAddr(v); err == nil && (name == "ip" || name == "ifaddr") {
			return r.world.StandIn(addr), nil
		}
		return transport.Atom(v), nil
	case []any:
		if linger, ok := lingerValue(v); ok && name == "linger" {
			return linger, nil
		}
		return r.values(name, v)
	case map[string]any:
		if list, ok := v["tuple"].([]any); ok {
			return r.values(name, list)
		}
		if list, ok := v["list"].([]any); ok {
			return r.values(name, list)
		}
		for _, key := range []string{"string", "text"} {
			if text, ok := v[key].(string); ok {
				return text, nil
			}
		}
		if text, ok := v["hex"].(string); ok {
			return hex.DecodeString(text)
		}
	}
	return nil, fmt.Errorf("argument opts: the value of %q cannot be read: %v", name, v)
}

func (r *runner) values(name string, list []any) (any, error) {
	values := make([]any, 0, len(list))
	for _, element := range list {
		value, err := r.value(name, element)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func lingerValue(pair []any) (transport.LingerValue, bool) {
	if len(pair) != 2 {
		return transport.LingerValue{}, false
	}
	on, isBool := pair[0].(bool)
	seconds, isNumber := integer(pair[1])
	return transport.LingerValue{On: on, Seconds: int(seconds)}, isBool && isNumber
}

// optionValue writes a value that GetOpts returned in the format's words.
func (r *runner) optionValue(v any) any {
	switch v := v.(type) {
	case bool:
		return v
	case int:
		return int64(v)
	case transport.Atom:
		return string(v)
	case transport.PacketType:
		if v <= transport.Packet4 {
			return int64(v)
		}
		return v.String()
	case transport.Mode:
		if v == transport.ModeList {
			return "list"
		}
		return "binary"
	case transport.LingerValue:
		return []any{v.On, int64(v.Seconds)}
	case time.Duration:
		return milliseconds(v)
	case netip.Addr:
		return r.symbol(v).String()
	case string:
		return map[string]any{"bin": v} // Go has one kind of string
	}
	return fmt.Sprintf("%T %v", v, v)
}
