package scenario

import (
	"slices"
	"strings"
)

// kind is what a name in a scenario stands for.
type kind uint8

const (
	kindNone kind = iota
	kindHost
	kindRouter
	kindSubnet
	kindWire
	kindListener
	kindConn
	kindUDP
	kindOwner
	kindSocket // of the Transport
	kindFault
	kindMark
	kindJob
)

// kindWords are the words for the kinds, with their articles.
var kindWords = [...]string{
	kindNone: "nothing", kindHost: "a host", kindRouter: "a router", kindSubnet: "a subnet", kindWire: "a wire",
	kindListener: "a listener", kindConn: "a connection", kindUDP: "a UDP socket", kindOwner: "an owner",
	kindSocket: "a Transport socket", kindFault: "a fault", kindMark: "a mark", kindJob: "a background call",
}

// article is the kind with its article.
func (k kind) article() string { return kindWords[k] }

// plain is the kind without its article.
func (k kind) plain() string {
	_, word, _ := strings.Cut(kindWords[k], " ")
	return word
}

// kindsOf is kinds in words: "a host or a wire".
func kindsOf(kinds []kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = k.article()
	}
	return strings.Join(words, " or ")
}

// symbol is a name and what it stands for.
type symbol struct {
	name string
	kind kind
	host string // where a socket or an owner is
	line int    // where it was made
	job  bool   // a background call makes it or has its name
}

// names lists the names of some kinds, in the order in which they were made.
func (c *compiler) names(kinds []kind) []string {
	var list []string
	for _, name := range c.order {
		if slices.Contains(kinds, c.symbols[name].kind) {
			list = append(list, name)
		}
	}
	return list
}

// define makes a name. Sockets and background calls may use a name again, for
// something else of their kind; nothing else may.
func (c *compiler) define(a *args, t token, k kind, host string) *symbol {
	if !isName(t.text) {
		a.fail(t, "%q cannot be a name: give letters, digits, _ and -, a letter first, 63 at most", t.text)
		return &symbol{}
	}
	if old := c.symbols[t.text]; old != nil {
		again := old.kind == k && k >= kindListener && k != kindOwner
		if !again {
			a.fail(t, "%q is the name of %s since line %d: choose another one", t.text, old.kind.article(), old.line)
			return old
		}
	} else {
		c.order = append(c.order, t.text)
	}
	s := &symbol{name: t.text, kind: k, host: host, line: a.line}
	c.symbols[t.text] = s
	return s
}
