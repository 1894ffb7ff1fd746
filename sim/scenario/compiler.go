package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// compiler reads commands one after the other and knows what those before
// have made.
type compiler struct {
	file    *File
	symbols map[string]*symbol
	order   []string // of the names
	header  header
	goTest  bool                          // the faults are those of a Go test
	began   bool                          // a command that is not of the header was read
	count   int                           // commands so far
	paths   map[[2]string]*sim.PathConfig // by the names of their ends
}

// header is what must be known before a world is made.
type header struct {
	seed   uint64
	limits sim.Limits
	order  sim.Order
	path   sim.PathConfig
	tcp    netstack.TCPConfig
}

func newCompiler(f *File) *compiler {
	return &compiler{file: f, symbols: map[string]*symbol{}, goTest: f.hasGoTest()}
}

// command is one command, ready to be run.
type command struct {
	line       int
	label      string // what its result is about: the first words as they were written
	name       string // of NAME = COMMAND
	verb       string
	host       string // where it runs in the background
	background bool
	run        action
}

// action is what a command does. It is run by the driver of the world or, in
// the background, by a program of its host.
type action func(r *runner, c *call)

// line reads one line: no command, one, or several if it is repeated.
func (c *compiler) line(number int, text string) ([]command, error) {
	tokens, end, err := scan(c.file.Name, number, text)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	if tokens[0].text != "repeat" || tokens[0].key != "" {
		one, err := c.command(number, text, tokens, end)
		if err != nil {
			return nil, err
		}
		return []command{one}, nil
	}
	a := &args{c: c, line: number, text: text, end: end, spec: lookup("repeat"), words: tokens[1:]}
	times := a.number(a.next("N"), "N", 1, repeatMax)
	if !a.more() {
		a.next("COMMAND")
	}
	if a.err != nil {
		return nil, a.err
	}
	return c.repeat(number, text, tokens[2].start-1, end, times)
}

// repeat reads a command several times, with its number in place of each %n.
func (c *compiler) repeat(number int, text string, from, end, times int) ([]command, error) {
	var all []command
	for i := range times {
		n := strconv.Itoa(i + 1)
		// Blanks keep the columns of errors right.
		once := strings.Repeat(" ", from) + strings.ReplaceAll(text[from:end], "%n", n)
		one, err := c.repeated(number, once)
		if err != nil {
			if at := (*Error)(nil); errors.As(err, &at) {
				at.Column = columnBefore(text, at.Column, from, len(n))
			}
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (c *compiler) repeated(number int, text string) (command, error) {
	tokens, end, err := scan(c.file.Name, number, text)
	if err != nil {
		return command{}, err
	}
	return c.command(number, text, tokens, end)
}

// columnBefore is the column in text of what has a column in the text where %n,
// from some place on, was replaced by as many digits.
func columnBefore(text string, column, from, digits int) int {
	at := from // in text, of what would be at column from+1
	for ; from+1 < column && at < len(text); at++ {
		if strings.HasPrefix(text[at:], "%n") {
			at++
			from += digits
			continue
		}
		from++
	}
	return at + 1
}

// command reads NAME = VERB ARGUMENTS &.
func (c *compiler) command(number int, text string, tokens []token, end int) (command, error) {
	a := &args{c: c, line: number, text: text, end: end, spec: &spec{}}
	cmd := command{line: number}
	if len(tokens) >= 2 && tokens[1].text == "=" && tokens[1].key == "" && !tokens[1].quoted {
		a.name, tokens = tokens[0], tokens[2:]
		if len(tokens) == 0 {
			a.failAt(end+1, "", "nothing stands behind %s =: write NAME = and a command that makes something, such as c = dial cli srv:80", a.name.text)
			return cmd, a.err
		}
	}
	if last := tokens[len(tokens)-1]; last.text == "&" && last.key == "" && len(tokens) > 1 {
		cmd.background = true
		tokens = tokens[:len(tokens)-1]
		a.end = last.start - 1
		for a.end > 0 && text[a.end-1] == ' ' {
			a.end--
		}
	}
	if c.count++; c.count > commandsMax {
		a.fail(tokens[0], "there are more than %d commands: use fewer repetitions", commandsMax)
		return cmd, a.err
	}
	a.verb = tokens[0]
	if a.spec = lookup(a.verb.raw()); a.spec == nil {
		a.fail(a.verb, "%s", unknown("command", a.verb.raw(), verbs()))
		return cmd, a.err
	}
	for _, t := range tokens[1:] {
		if t.key != "" {
			a.keys = append(a.keys, t)
		} else {
			a.words = append(a.words, t)
		}
	}
	c.compile(a, &cmd, tokens)
	if a.err != nil {
		return cmd, a.err
	}
	return cmd, nil
}

// compile reads the arguments of a command and defines its name.
func (c *compiler) compile(a *args, cmd *command, tokens []token) {
	s := a.spec
	switch {
	case s.header && c.began:
		a.fail(a.verb, "%s comes too late: it must stand before all commands that are not of the header", s.name)
		return
	case s.makes == kindNone && a.name.text != "" && !cmd.background:
		a.fail(a.name, "%s makes nothing that could be called %s: leave out the name, or put & at the end to run it in the background under that name", s.name, a.name.text)
		return
	case s.makes != kindNone && a.name.text == "" && !s.nameless:
		a.fail(a.verb, "what %s makes has no name: write %s", s.name, s.syntax)
		return
	case cmd.background && !s.call:
		a.fail(a.verb, "%s cannot go on in the background: leave out the &", s.name)
		return
	}
	c.began = c.began || !s.header
	if len(tokens) > 1 {
		cmd.label = tokens[1].text
	}
	done := s.compile(a)
	a.finish()
	if a.err != nil {
		return
	}
	cmd.run, cmd.host, cmd.name, cmd.verb = done.run, done.host, a.name.text, s.name
	if done.subject != "" {
		cmd.label = done.subject
	}
	if a.name.text == "" {
		return
	}
	k := s.makes
	if k == kindNone {
		k = kindJob
	} else {
		cmd.label = a.name.text
	}
	made := c.define(a, a.name, k, done.host)
	made.job = cmd.background
}

// compiled is what a command's arguments come to.
type compiled struct {
	run     action
	host    string // where it runs
	subject string // what it is about, if it makes nothing
}

// spec describes one command.
type spec struct {
	name, group, syntax, doc string

	makes    kind // what NAME = COMMAND names
	nameless bool // NAME = may be left out
	header   bool // it must come first
	call     bool // it may wait, and go on in the background
	compile  func(a *args) compiled
}

// table has all commands, in the order of the reference.
var table []*spec

// The groups of the reference.
const (
	groupHeader    = "Header"
	groupTopology  = "Topology"
	groupSockets   = "Sockets"
	groupTransport = "Transport"
	groupPackets   = "Packets by hand"
	groupFaults    = "Faults"
	groupTime      = "Time"
	groupQueries   = "Queries"
)

func init() {
	table = slices.Concat(headerCommands(), topologyCommands(), socketCommands(), transportCommands(),
		wireCommands(), faultCommands(), goTestCommands(), timeCommands(), queryCommands())
}

// lookup finds a command; nil if there is none of that name.
func lookup(name string) *spec {
	i := slices.IndexFunc(table, func(s *spec) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return table[i]
}

// verbs lists the names of all commands.
func verbs() []string {
	names := make([]string, len(table))
	for i, s := range table {
		names[i] = s.name
	}
	return names
}

// Command describes a command of the format, for a reference.
type Command struct {
	Group      string // such as "Topology"
	Syntax     string // the line, with placeholders in capitals
	Doc        string // one or two sentences
	Header     bool   // it must stand before all that are not of the header
	Background bool   // it may wait, and go on in the background with & behind it
}

// Commands lists all commands in the order of the reference, groups together.
func Commands() []Command {
	list := make([]Command, len(table))
	for i, s := range table {
		list[i] = Command{s.group, s.syntax, s.doc, s.header, s.call}
	}
	return list
}

// quoteWord is a word as an error shows it.
func quoteWord(text string) string { return fmt.Sprintf("%q", text) }
