package fault

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// plain is what lies behind each fault that is a struct: a pointer to it,
// whose fields can be listed and set.
type plain interface {
	kind() string   // first word of its line, "type" in JSON
	fields(*codec)  // visits every field, always in the same order
	check(*checker) // looks for values that make no sense
	value() Fault   // the struct itself
}

// shape is how a field's text is written in JSON.
type shape uint8

const (
	asString shape = iota
	asNumber       // and booleans: the text stands without quotes
	asList         // of strings, separated by commas in the text
)

// pair is one field that is not zero.
type pair struct {
	key, text string
	shape     shape
	bare      bool // in a line the key stands alone
}

// codec goes through the fields of a fault, once to write them and once for
// each key to be read. Fields that are zero are not written.
type codec struct {
	pairs []pair // written

	key, text string // to be read, if key is not ""
	found     bool
	bare      bool // the key to be read takes no value in a line
	err       error

	listing bool // names are collected, nothing is written or read
	names   []string
	named   []string // the hosts in them
}

// here notes the name of a field, and reports whether it is the one to read.
func (c *codec) here(key string) bool {
	if c.listing {
		c.names = append(c.names, key)
		return false
	}
	c.found = c.found || key == c.key
	return key == c.key
}

// writing tells the passes that collect pairs from those that read or list.
func (c *codec) writing() bool { return c.key == "" && !c.listing }

// field writes or reads one field.
func field[T comparable](c *codec, key string, v *T, s shape, write func(T) string, read func(string) (T, error)) {
	var zero T
	if c.here(key) {
		*v, c.err = read(c.text)
	} else if c.writing() && *v != zero {
		c.pairs = append(c.pairs, pair{key: key, text: write(*v), shape: s})
	}
}

func integer[T int | int64 | uint16 | uint64](c *codec, key string, v *T) {
	write := func(n T) string { return fmt.Sprint(n) }
	field(c, key, v, asNumber, write, func(text string) (T, error) {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && int64(T(n)) == n && (T(n) < 0) == (n < 0) {
			return T(n), nil
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil && T(n) > 0 && uint64(T(n)) == n {
			return T(n), nil
		}
		return 0, fmt.Errorf("give a whole number that fits the field")
	})
}

func (c *codec) str(key string, v *string) {
	same := func(text string) string { return text }
	field(c, key, v, asString, same, func(text string) (string, error) { return text, nil })
}

func (c *codec) duration(key string, v *time.Duration) {
	field(c, key, v, asString, time.Duration.String, func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("give a time with its unit, such as 1.5s or 20ms")
		}
		return d, nil
	})
}

// word is a field that is there or not.
func (c *codec) word(key string, v *bool) {
	if c.key == key {
		c.bare = true
	}
	before := len(c.pairs)
	field(c, key, v, asNumber, strconv.FormatBool, func(text string) (bool, error) {
		if text != "true" && text != "false" {
			return false, fmt.Errorf("the word takes no value: write it alone, or leave it out")
		}
		return text == "true", nil
	})
	if len(c.pairs) > before {
		c.pairs[before].bare = true
	}
}

// host is the name of a host.
func (c *codec) host(key string, v *string) {
	if c.listing && *v != "" {
		c.named = append(c.named, *v)
	}
	c.str(key, v)
}

// hosts are the names of hosts.
func (c *codec) hosts(key string, v *[]string) {
	if c.listing {
		c.named = append(c.named, *v...)
	}
	c.list(key, v)
}

func (c *codec) list(key string, v *[]string) {
	if c.here(key) {
		*v = nil
		if c.text != "" {
			*v = strings.Split(c.text, ",")
		}
	} else if c.writing() && len(*v) > 0 {
		c.pairs = append(c.pairs, pair{key: key, text: strings.Join(*v, ","), shape: asList})
	}
}

func (c *codec) addrs(key string, v *[]netip.Addr) {
	if c.here(key) {
		*v, c.err = parseAddrs(c.text)
	} else if c.writing() && len(*v) > 0 {
		texts := make([]string, len(*v))
		for i, addr := range *v {
			texts[i] = addr.String()
		}
		c.pairs = append(c.pairs, pair{key: key, text: strings.Join(texts, ","), shape: asList})
	}
}

func parseAddrs(text string) ([]netip.Addr, error) {
	if text == "" {
		return nil, nil
	}
	var addrs []netip.Addr
	for _, one := range strings.Split(text, ",") {
		addr, err := netip.ParseAddr(one)
		if err != nil {
			return nil, fmt.Errorf("give addresses separated by commas, such as 10.0.0.66,fd00::66")
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

func (c *codec) chance(key string, v *PerMillion) {
	field(c, key, v, asString, PerMillion.String, parseChance)
}

// parseChance reads a percentage with up to four decimals, or a whole number
// of parts per million.
func parseChance(text string) (PerMillion, error) {
	remedy := fmt.Errorf("give a percentage from 0.0001%% to 100%%, or a whole number of parts per million up to 1000000")
	number, percent := strings.CutSuffix(text, "%")
	decimals := 0
	if percent {
		whole, part, _ := strings.Cut(number, ".")
		if whole == "" || strings.HasSuffix(number, ".") {
			return 0, remedy
		}
		number, decimals = whole+part, 4-len(part)
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || decimals < 0 {
		return 0, remedy
	}
	for range decimals {
		n *= 10
	}
	if n > uint64(Always) {
		return 0, remedy
	}
	return PerMillion(n), nil
}

// parsePrefix reads a prefix, or an address as the prefix of all its bits.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("give an address such as 10.0.0.1, or a prefix such as 10.0.0.0/8")
	}
	return p, nil
}

// set reads one field of f from text; bare says that a line gave none.
func set(f plain, key, text string, bare bool) error {
	c := codec{key: key, text: text}
	f.fields(&c)
	if key == "" || !c.found {
		return fmt.Errorf("fault: %s: there is no field %q: the fields are %s", f.kind(), key, strings.Join(keys(f), " "))
	}
	if bare && !c.bare {
		return fmt.Errorf("fault: %s: %s has no value: write %s=VALUE", f.kind(), key, key)
	}
	if c.err != nil {
		return fmt.Errorf("fault: %s: %s is %q: %w", f.kind(), key, text, c.err)
	}
	return nil
}

// written lists the fields of f that are not zero.
func written(f plain) []pair {
	var c codec
	f.fields(&c)
	return c.pairs
}

// keys lists the names of all fields of f.
func keys(f plain) []string {
	c := codec{listing: true}
	f.fields(&c)
	return c.names
}
