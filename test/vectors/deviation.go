package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Deviation is a scenario that is meant to end otherwise than recorded.
type Deviation struct {
	ID string
	// Arms are the arms that deviate; nil is all of them.
	Arms []string
	// Skip leaves the scenario out where the contract has nothing of the
	// kind.
	Skip bool
	// Answers are, by number of step, our outcomes as JSON. Each has to
	// differ from the recording, or the row is out of date.
	Answers map[int]string
	// Ends leaves out the steps after the last of Answers, where they
	// follow from a recorded outcome that is not ours.
	Ends bool
	// Reason is for a user of gen_tcp.
	Reason string
}

// find returns the row for a scenario on an arm, or nil.
func find(rows []Deviation, id, arm string) *Deviation {
	for i := range rows {
		if rows[i].ID == id && (rows[i].Arms == nil || slices.Contains(rows[i].Arms, arm)) {
			return &rows[i]
		}
	}
	return nil
}

// last is the last step to be run of a scenario with that many steps.
func (d *Deviation) last(steps int) int {
	if d == nil || !d.Ends {
		return steps - 1
	}
	return slices.Max(slices.Collect(maps.Keys(d.Answers)))
}

// answer is our outcome of step n, if the row has one.
func (d *Deviation) answer(n int) (Outcome, bool) {
	if d == nil || d.Answers[n] == "" {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewBufferString(d.Answers[n]))
	decoder.UseNumber()
	var o Outcome
	if err := decoder.Decode(&o); err != nil {
		return Outcome{"result": fmt.Sprintf("the row's answer is no JSON: %v", err)}, true
	}
	return o, true
}
