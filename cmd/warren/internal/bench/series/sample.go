package series

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// Sample is one run of a row's task on one variant. All of them stay in the
// output, also those that do not count.
type Sample struct {
	Row        string `json:"row"`
	Variant    string `json:"variant"`
	Repetition int    `json:"repetition"`
	Try        int    `json:"try"`

	Result task.Result `json:"result"`

	// Values are the row's metrics by their names.
	Values map[string]float64 `json:"values,omitempty"`

	// ForeignCores is how many processors other programs kept busy
	// meanwhile; negative if that is not known here.
	ForeignCores float64 `json:"foreign_cores"`

	// Floor is what Row.Floor's task has reached in this repetition, in MB/s.
	Floor float64 `json:"floor,omitempty"`

	// Excluded is why the sample does not count; "" is one that does.
	Excluded string `json:"excluded,omitempty"`

	// failed says that the reason is the variant's own: an error, or that it
	// has moved nothing.
	failed bool

	// Remark is what is noteworthy of a sample that counts.
	Remark string `json:"remark,omitempty"`
}

// counts reports whether the sample is one of the statistics.
func (s *Sample) counts() bool { return s != nil && s.Excluded == "" }

// String is one line for a person who waits.
func (s Sample) String() string {
	text := fmt.Sprintf("%s, %s, repetition %d", s.Row, s.Variant, s.Repetition+1)
	if s.Try > 0 {
		text += fmt.Sprintf(", again (%d)", s.Try)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Values)) {
		text += fmt.Sprintf(", %s %.5g", name, s.Values[name])
	}
	if s.ForeignCores >= 0 {
		text += fmt.Sprintf(", others %.2f processors", s.ForeignCores)
	}
	switch {
	case s.Excluded != "":
		text += ": does not count: " + s.Excluded
	case s.Remark != "":
		text += ": " + s.Remark
	}
	return text
}
