package vectors

import (
	"encoding/json"
	"fmt"
)

// Status is the sum of a verdict.
type Status string

// The statuses.
const (
	Passed   Status = "pass"
	Failed   Status = "fail"
	Deviates Status = "deviation" // as listed, with the reason
	Skipped  Status = "skip"      // not run, for the reason given
)

// Verdict is the result of one scenario on one arm; it is one line of the
// -json output.
type Verdict struct {
	ID     string `json:"id"`
	Level  Level  `json:"level"`
	Arm    string `json:"arm"`
	Status Status `json:"status"`
	// Step, Op, Expected, Actual and Difference describe the first step
	// that differs; Step is -1 where there is none.
	Step       int     `json:"step"`
	Op         string  `json:"op,omitempty"`
	Expected   Outcome `json:"expected,omitempty"`
	Actual     Outcome `json:"actual,omitempty"`
	Difference string  `json:"difference,omitempty"`
	// Reason says why a scenario deviates or was skipped.
	Reason string `json:"reason,omitempty"`
}

func (v Verdict) skipped(reason string) Verdict {
	v.Status, v.Reason = Skipped, reason
	return v
}

func (v Verdict) failed(difference string) Verdict {
	v.Status, v.Step, v.Difference = Failed, -1, difference
	return v
}

func (v Verdict) differs(step *Step, actual Outcome, difference string) Verdict {
	v.Status, v.Step, v.Op = Failed, step.N, step.Op
	v.Expected, v.Actual, v.Difference = step.Expect, actual, difference
	return v
}

// String describes a failure over several lines, for a test's log.
func (v Verdict) String() string {
	if v.Status != Failed || v.Step < 0 {
		return fmt.Sprintf("%s %s on %s: %s %s%s", v.Level, v.ID, v.Arm, v.Status, v.Difference, v.Reason)
	}
	return fmt.Sprintf("%s %s on %s, step %d (%s): %s\n  recorded: %s\n  actual:   %s",
		v.Level, v.ID, v.Arm, v.Step, v.Op, v.Difference, encode(v.Expected), encode(v.Actual))
}

// encode writes an outcome, or a value of one, as JSON.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
