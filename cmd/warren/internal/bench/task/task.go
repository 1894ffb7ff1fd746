package task

import (
	"fmt"
	"net"
	"time"
)

// Kind is what a Task does.
type Kind string

const (
	// Stream moves bytes one way on Streams connections for Duration.
	Stream Kind = "stream"
	// RoundTrip sends a byte and waits for one, on one connection.
	RoundTrip Kind = "round-trip"
	// Connections connects, sends a byte each way and closes, the dialling
	// side first, with Workers at a time.
	Connections Kind = "connections"
	// Idle opens Streams connections, leaves them alone, and closes them.
	Idle Kind = "idle"
)

// Direction says which side of a Stream sends.
type Direction string

const (
	// FromDialler lets those who dialled send. It is what "" means.
	FromDialler Direction = "from-dialler"
	// FromAcceptor lets those who accepted send.
	FromAcceptor Direction = "from-acceptor"
)

const (
	streamsMax = 1 << 20
	workersMax = 4096
	pieceMax   = 1 << 24
	timeMax    = time.Hour
)

// Task is one workload. It travels between processes as JSON.
type Task struct {
	Kind Kind `json:"kind"`

	// Address is where the serving side listens and the driving side dials,
	// as in package net.
	Address string `json:"address,omitempty"`

	// Hosts are dialled in turn instead of Address's own host, so that
	// connections in TIME-WAIT do not use up the ports of one.
	Hosts []string `json:"hosts,omitempty"`

	// Streams is the number of connections of Stream and Idle. 0 means 1.
	Streams int `json:"streams,omitempty"`

	// Workers is how many goroutines connect at the same time. 0 means 1.
	Workers int `json:"workers,omitempty"`

	Direction Direction `json:"direction,omitempty"`

	// Warmup is the time before the measured Duration; both in nanoseconds.
	Warmup   time.Duration `json:"warmup,omitempty"`
	Duration time.Duration `json:"duration,omitempty"`

	// WriteBytes and ReadBytes are the sizes of the buffers. 0 means 64 KiB
	// for Stream and 1 for RoundTrip and Connections. Idle sends WriteBytes
	// each way before it rests; 0 means nothing.
	WriteBytes int `json:"write_bytes,omitempty"`
	ReadBytes  int `json:"read_bytes,omitempty"`
}

// At is the task on another address.
func (t Task) At(address string) Task {
	t.Address = address
	return t
}

// check finds values that cannot be, and fills in what is zero.
func (t Task) check() (Task, error) {
	size := 1
	switch t.Kind {
	case Stream:
		size = 64 << 10
	case Idle:
		size = 0
	case RoundTrip, Connections:
	default:
		return t, fmt.Errorf("task: Kind %q: is unknown: give %q, %q, %q or %q", t.Kind, Stream, RoundTrip, Connections, Idle)
	}
	switch t.Direction {
	case "":
		t.Direction = FromDialler
	case FromDialler, FromAcceptor:
	default:
		return t, fmt.Errorf("task: Direction %q: is unknown: give %q or %q", t.Direction, FromDialler, FromAcceptor)
	}
	for _, field := range []struct {
		name       string
		value      *int
		zero, most int
	}{
		{"Streams", &t.Streams, 1, streamsMax},
		{"Workers", &t.Workers, 1, workersMax},
		{"WriteBytes", &t.WriteBytes, size, pieceMax},
		{"ReadBytes", &t.ReadBytes, size, pieceMax},
	} {
		if *field.value < 0 || *field.value > field.most {
			return t, fmt.Errorf("task: %s %d: cannot be: give 0 to %d", field.name, *field.value, field.most)
		}
		if *field.value == 0 {
			*field.value = field.zero
		}
	}
	if t.Warmup < 0 || t.Warmup > timeMax {
		return t, fmt.Errorf("task: Warmup %v: cannot be: give 0 to %v", t.Warmup, timeMax)
	}
	if t.Kind != Idle && t.Duration <= 0 || t.Duration < 0 || t.Duration > timeMax {
		return t, fmt.Errorf("task: Duration %v: cannot be: give more than 0 and at most %v", t.Duration, timeMax)
	}
	return t, nil
}

// target is the address that the i-th dial goes to.
func (t Task) target(i int) (string, error) {
	if len(t.Hosts) == 0 {
		return t.Address, nil
	}
	_, port, err := net.SplitHostPort(t.Address)
	if err != nil {
		return "", fmt.Errorf("task: Address %q: %w: give HOST:PORT", t.Address, err)
	}
	return net.JoinHostPort(t.Hosts[i%len(t.Hosts)], port), nil
}
