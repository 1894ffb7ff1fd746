package scenario

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// The bounds of a scenario file.
const (
	fileBytesMax = 1 << 20
	repeatMax    = 10_000 // of one line
	commandsMax  = 50_000 // after lines have been repeated
)

// File is a scenario that has been read: its commands are known to make sense.
// It can be run any number of times, by several goroutines at once.
type File struct {
	Name string

	blocks []block
	lines  []string // of the text, without ends of lines
	header header
}

// block is a group of lines without an empty one between: commands, ----, and
// what is expected to be observed.
type block struct {
	commands []command
	last     int // number of its last line with a command, or a comment
	rule     int // number of the line ----; 0 where there is none
	want     []string
}

// ruleText is the line between commands and what was observed.
const ruleText = "----"

// Load reads and parses a file. Mistakes in it are Errors.
func Load(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, fileBytesMax+1))
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads a scenario and checks its commands and the names in them; name
// stands in errors. Mistakes are Errors.
func Parse(name string, text []byte) (*File, error) {
	if len(text) > fileBytesMax {
		return nil, Errors{{File: name, Line: 1, Column: 1, Problem: fmt.Sprintf("the file is too long: give a scenario of at most %d bytes", fileBytesMax)}}
	}
	f := &File{Name: name}
	content := strings.ReplaceAll(string(text), "\r\n", "\n")
	if content = strings.TrimSuffix(content, "\n"); content != "" {
		f.lines = strings.Split(content, "\n")
	}
	var errs Errors
	c := newCompiler(f)
	for i := 0; i < len(f.lines); {
		if strings.TrimSpace(f.lines[i]) == "" {
			i++
			continue
		}
		i = f.readBlock(c, i, &errs)
	}
	if len(errs) == 0 && !slices.ContainsFunc(f.blocks, func(b block) bool { return len(b.commands) > 0 }) {
		errs = Errors{{File: name, Line: 1, Column: 1, Problem: "the file has no commands: give hosts, and what is done on them, as docs/scenarios.md has it"}}
	}
	if err := errs.orNil(); err != nil {
		return nil, err
	}
	f.header = c.header
	return f, nil
}

// readBlock reads the block that begins with line i and returns the number of
// the line after it, both counted from 0.
func (f *File) readBlock(c *compiler, i int, errs *Errors) int {
	var b block
	for ; i < len(f.lines) && strings.TrimSpace(f.lines[i]) != ""; i++ {
		line := strings.TrimRight(f.lines[i], " \t")
		switch {
		case b.rule > 0:
			b.want = append(b.want, line)
		case line == ruleText:
			b.rule = i + 1
		default:
			b.last = i + 1
			commands, err := c.line(i+1, line)
			errs.add(err)
			b.commands = append(b.commands, commands...)
		}
	}
	f.blocks = append(f.blocks, b)
	return i
}
