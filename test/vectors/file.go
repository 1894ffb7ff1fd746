package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// File is a file of scenarios.
type File struct {
	Format    int
	Count     int
	Scenarios []Scenario
}

// Scenario is one recorded run: steps in order, with what they answered.
type Scenario struct {
	ID    string
	Area  string
	Title string
	Level Level
	Note  string
	// Environment is what the network must be configured with.
	Environment Environment
	// SocketLimit asks for a node with a limit on open sockets.
	SocketLimit bool `json:"socket_limit"`
	Steps       []Step
}

// Environment is what a scenario needs of the network under test.
type Environment struct {
	// EphemeralPorts is the exact range, both ends included, from which
	// the stack chooses ports; empty means any.
	EphemeralPorts []uint16 `json:"ephemeral_ports"`
}

// Step is one operation of an actor or a peer and its recorded outcome.
type Step struct {
	N     int
	Actor string
	Peer  string
	Op    string
	Args  Args
	// Async names the handle of a step that is started and not waited for.
	Async string
	// As names the socket or port that the step results in.
	As     string
	Expect Outcome
	// Alt are further outcomes that are as good as Expect.
	Alt []Outcome
	// Check limits the comparison; see the constants.
	Check Check
	// Unstable marks a step whose recordings differed among themselves.
	Unstable bool

	// want is what has to come of the step on this arm: Expect, or the
	// answer of a deviation.
	want Outcome
}

// Outcome is what a step answered, in the words of the format.
type Outcome map[string]any

// Level says how binding a scenario is.
type Level string

// The levels of the format.
const (
	Must       Level = "must"
	Stack      Level = "stack"
	Optional   Level = "optional"
	KernelOnly Level = "kernel-only"
	BeamOnly   Level = "beam-only"
	Quirk      Level = "quirk"
)

// Check says how much of an outcome is compared; "" is all of it.
type Check string

// The values of Check in the format.
const (
	CheckKind    Check = "kind"     // result, message type and reason only
	CheckReason  Check = "reason"   // result and reason
	CheckEndedBy Check = "ended_by" // result and how the stream ended
	CheckNone    Check = "none"     // nothing
)

// Load reads and decodes the file at path.
func Load(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// Decode decodes a file and checks that every step can be interpreted. An
// error names the scenario, the step and the field.
func Decode(text []byte) (*File, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var file File
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("vectors: not a file of scenarios: %w", err)
	}
	if file.Format != 1 {
		return nil, fmt.Errorf("vectors: format %d: only format 1 is known", file.Format)
	}
	if file.Count != len(file.Scenarios) {
		return nil, fmt.Errorf("vectors: count %d, but there are %d scenarios", file.Count, len(file.Scenarios))
	}
	seen := make(map[string]bool)
	for _, s := range file.Scenarios {
		if seen[s.ID] {
			return nil, fmt.Errorf("vectors: scenario %q: id used twice", s.ID)
		}
		seen[s.ID] = true
		if err := s.validate(); err != nil {
			return nil, fmt.Errorf("vectors: scenario %q: %w", s.ID, err)
		}
	}
	return &file, nil
}

func (s Scenario) validate() error {
	if s.ID == "" {
		return fmt.Errorf("id is empty")
	}
	switch s.Level {
	case Must, Stack, Optional, KernelOnly, BeamOnly, Quirk:
	default:
		return fmt.Errorf("level %q is unknown", s.Level)
	}
	if n := len(s.Environment.EphemeralPorts); n != 0 && n != 2 {
		return fmt.Errorf("environment.ephemeral_ports has %d numbers instead of 2", n)
	}
	for i, step := range s.Steps {
		if step.N != i {
			return fmt.Errorf("step %d has the number %d", i, step.N)
		}
		if err := step.validate(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

func (s Step) validate() error {
	if commands[s.Op] == nil {
		return fmt.Errorf("op %q is unknown", s.Op)
	}
	switch s.Check {
	case "", CheckKind, CheckReason, CheckEndedBy, CheckNone:
	default:
		return fmt.Errorf("check %q is unknown", s.Check)
	}
	return nil
}
