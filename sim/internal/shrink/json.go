package shrink

import (
	"encoding/json"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// eventJSON is an Event as JSON has it. Its Parts are left out: they are for
// the search alone.
type eventJSON struct {
	Fault json.RawMessage `json:"fault"`
	Of    string          `json:"of,omitempty"`
	Like  string          `json:"like,omitempty"`
	At    time.Duration   `json:"at,omitempty"` // in nanoseconds
	Note  string          `json:"note,omitempty"`
}

// MarshalJSON writes the event without its Parts.
func (e Event) MarshalJSON() ([]byte, error) {
	f, err := json.Marshal(e.Fault)
	if err != nil {
		return nil, err
	}
	return json.Marshal(eventJSON{f, e.Of, e.Like, e.At, e.Note})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Event) UnmarshalJSON(data []byte) error {
	var j eventJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	f, err := fault.ParseJSON(j.Fault)
	if err != nil {
		return err
	}
	*e = Event{Fault: f, Of: j.Of, Like: j.Like, At: j.At, Note: j.Note}
	return nil
}
