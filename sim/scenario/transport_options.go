package scenario

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// bareOptions are the Transport's options that stand alone.
var bareOptions = []string{"binary", "list", "inet", "inet6"}

// valueOptions are those that take a value, of the Transport's document of
// options.
var valueOptions = []string{
	"active", "backlog", "bind_to_device", "buffer", "debug", "delay_send", "deliver", "dontroute",
	"exit_on_close", "header", "high_msgq_watermark", "high_watermark", "ifaddr", "ip", "ipv6_v6only",
	"keepalive", "line_delimiter", "linger", "low_msgq_watermark", "low_watermark", "mode", "nodelay",
	"nopush", "packet", "packet_size", "port", "priority", "read_packets", "recbuf", "reuseaddr",
	"send_timeout", "send_timeout_close", "show_econnreset", "sndbuf", "tclass", "tcp_module", "tos", "ttl",
}

// transportOptions takes all options that are left, in their order.
func (a *args) transportOptions() []transport.Option {
	type placed struct {
		at  int
		opt transport.Option
	}
	var list []placed
	words := a.words
	for _, name := range bareOptions {
		for _, t := range words {
			if t.text == name && !t.quoted && a.flag(name) {
				list = append(list, placed{t.start, transport.Option{Name: name}})
			}
		}
	}
	for _, t := range a.keys {
		if !slices.Contains(valueOptions, t.key) {
			a.failAt(t.start, t.key, "%s", unknown("option", t.key, valueOptions))
		}
		list = append(list, placed{t.start, transport.Option{Name: t.key, Value: optionValue(t)}})
	}
	a.keys = nil
	slices.SortFunc(list, func(x, y placed) int { return x.at - y.at })
	options := make([]transport.Option, len(list))
	for i, p := range list {
		options[i] = p.opt
	}
	return options
}

// optionValue is the Go value that a word means: a boolean, a number, a time, an
// address, a text in quotes, else a symbol.
func optionValue(t token) any {
	if t.quoted {
		return t.text
	}
	switch t.text {
	case "true", "false":
		return t.text == "true"
	}
	if t.key == "linger" {
		if n, err := strconv.Atoi(t.text); err == nil {
			return transport.LingerValue{On: true, Seconds: n}
		}
		return transport.LingerValue{}
	}
	if n, err := strconv.Atoi(t.text); err == nil {
		return n
	}
	if d, err := time.ParseDuration(t.text); err == nil {
		return d
	}
	if addr, err := netip.ParseAddr(t.text); err == nil {
		return addr
	}
	return transport.Atom(t.text)
}

// patience reads timeout=TIME, or infinity, which it is without.
func (a *args) patience() time.Duration {
	t, ok := a.key("timeout")
	if !ok || t.text == "infinity" {
		return transport.Infinity
	}
	return a.duration(t, "timeout")
}

// message shows a message as Erlang writes it.
func (r *runner) message(m transport.Message) string {
	socket := r.socketName(m.From())
	switch m := m.(type) {
	case transport.Data:
		return "{tcp," + socket + "," + shown(m.Payload.Data) + "}"
	case transport.Closed:
		return "{tcp_closed," + socket + "}"
	case transport.Error:
		return "{tcp_error," + socket + "," + reason(m.Err) + "}"
	case transport.Passive:
		return "{tcp_passive," + socket + "}"
	}
	return "a message of an unknown kind about " + socket
}

// socketName is the newest name of a Transport socket.
func (r *runner) socketName(s *transport.Socket) string {
	if name, ok := r.names[s]; ok {
		return name
	}
	return "a socket without a name"
}

// optionTexts shows options as Erlang writes them.
func optionTexts(options []transport.Option) string {
	texts := make([]string, len(options))
	for i, o := range options {
		if d, ok := o.Value.(time.Duration); ok && d != transport.Infinity && d != math.MaxInt64 {
			texts[i] = "{" + o.Name + "," + d.String() + "}"
			continue
		}
		texts[i] = o.String()
	}
	return strings.Join(texts, " ")
}
