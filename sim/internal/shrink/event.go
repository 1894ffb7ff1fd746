package shrink

import (
	"errors"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Event is one thing that went wrong in a run.
type Event struct {
	// Fault does it again: a fault.Exact for one packet, a fault with a span
	// of time for an outage, or what happens to a host. Its line and its JSON
	// are the event's.
	Fault fault.Fault

	// Of is the line of the fault whose doing it was. Minimize tries to leave
	// out all events of one fault together.
	Of string

	// Like tells the packet of a fault.Exact by what it is, so that it is
	// found in a run that has gone another way. "" tells it by its number.
	Like string

	// At is the virtual time at which it was first noticed.
	At time.Duration

	// Note says what was hit, for whoever reads the result.
	Note string

	// Parts is what an outage was made of, packet by packet. Minimize tries
	// whether less of it is enough.
	Parts []Event
}

// String is the line of the event's fault.
func (e Event) String() string { return e.Fault.String() }

// Faults are the faults of events, in their order.
func Faults(events []Event) fault.List {
	l := make(fault.List, len(events))
	for i, e := range events {
		l[i] = e.Fault
	}
	return l
}

// FromFaults are events that do what faults do. A closure is refused: it
// could not be written down.
func FromFaults(l fault.List) ([]Event, error) {
	events := make([]Event, len(l))
	for i, f := range l {
		if _, ok := f.(fault.Func); ok {
			return nil, errors.New("shrink: " + f.String() + ": a closure cannot be replayed: use a fault that is a struct")
		}
		events[i] = Event{Fault: f, Of: f.String()}
	}
	return events, nil
}
