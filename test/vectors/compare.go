package vectors

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"
)

// bookkeeping are the keys of an outcome that say how the recorded call ended
// rather than what it answered.
var bookkeeping = []string{"result", "class", "timing", "after_ms"}

// compare returns "" if the actual outcome is the wanted one or one of alt,
// as far as check asks, else the first difference.
func compare(want Outcome, alt []Outcome, check Check, actual Outcome) string {
	difference := compareOne(want, check, actual)
	if difference == "" {
		return ""
	}
	for _, other := range alt {
		if compareOne(other, check, actual) == "" {
			return ""
		}
	}
	return difference
}

func compareOne(want Outcome, check Check, actual Outcome) string {
	if check == CheckNone || len(want) == 0 {
		return ""
	}
	if want["result"] == "raise" {
		return compareRefusal(actual)
	}
	if want["result"] != actual["result"] {
		return fmt.Sprintf("result is %v instead of %v", actual["result"], want["result"])
	}
	switch check {
	case CheckKind:
		if d := compareMessageKind(want["message"], actual["message"]); d != "" {
			return d
		}
		return compareKeys(want, actual, []string{"reason"})
	case CheckReason:
		return compareKeys(want, actual, []string{"reason"})
	case CheckEndedBy:
		return compareKeys(want, actual, []string{"ended_by"})
	}
	keys := make([]string, 0, len(want))
	for key := range want {
		if !slices.Contains(bookkeeping, key) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return compareKeys(want, actual, keys)
}

// compareRefusal accepts what gen_tcp raises for: an argument error.
func compareRefusal(actual Outcome) string {
	if actual["result"] == "raise" || actual["result"] == "error" && actual["reason"] == "badarg" {
		return ""
	}
	return "the malformed argument was not refused with badarg"
}

func compareMessageKind(want, actual any) string {
	w, _ := want.(map[string]any)
	a, _ := actual.(map[string]any)
	if w == nil && a == nil {
		return ""
	}
	if w == nil || a == nil {
		return "only one of both is a message"
	}
	return compareKeys(w, a, []string{"type", "reason"})
}

func compareKeys(want, actual Outcome, keys []string) string {
	for _, key := range keys {
		w, wanted := want[key]
		a, present := actual[key]
		if wanted != present {
			return fmt.Sprintf("%s is %s instead of %s", key, printValue(a, present), printValue(w, wanted))
		}
		if wanted && !equal(w, a) {
			return fmt.Sprintf("%s is %s instead of %s", key, printValue(a, true), printValue(w, true))
		}
	}
	return ""
}

func printValue(v any, present bool) string {
	if !present {
		return "absent"
	}
	return encode(v)
}

// equal compares a value of the file with one of ours, in which numbers are
// int64 and data is *delivery.
func equal(want, actual any) bool {
	if d, ok := actual.(*delivery); ok {
		return d.matches(want)
	}
	switch w := want.(type) {
	case json.Number:
		n, err := w.Int64()
		a, ok := actual.(int64)
		return err == nil && ok && n == a
	case []any:
		a, ok := actual.([]any)
		return ok && slices.EqualFunc(w, a, equal)
	case map[string]any:
		a, ok := actual.(map[string]any)
		if !ok || len(a) != len(w) {
			return false
		}
		for key := range w {
			value, present := a[key]
			if !present || !equal(w[key], value) {
				return false
			}
		}
		return true
	}
	return want == actual
}

// judge compares the steps of one scenario.
type judge struct {
	// limits are the scenario's timeouts, ascending, from which the
	// meaning of "immediate" follows.
	limits []time.Duration
	slack  time.Duration
}

// immediateMax is what "immediate" means in the recordings.
const immediateMax = 100 * time.Millisecond

// timeoutTolerance is how much later than its limit a recorded timeout may
// come, but in virtual time, where it comes at that very instant.
const timeoutTolerance = 250 * time.Millisecond

func newJudge(s Scenario, slack time.Duration) judge {
	j := judge{slack: slack}
	add := func(v any) {
		if ms, ok := integer(v); ok && time.Duration(ms)*time.Millisecond > immediateMax {
			j.limits = append(j.limits, time.Duration(ms)*time.Millisecond)
		}
	}
	for _, step := range s.Steps {
		add(step.Args["timeout"])
		add(step.Args["for"])
		add(step.Expect["after_ms"])
	}
	slices.Sort(j.limits)
	return j
}

// compare judges one step: what it answered and when.
func (j judge) compare(step *Step, actual Outcome, h *handle) string {
	if step.Unstable || step.Check == CheckNone {
		return ""
	}
	if d := compare(step.Expect, step.Alt, step.Check, actual); d != "" {
		return d
	}
	return j.compareTiming(step, h)
}

func (j judge) compareTiming(step *Step, h *handle) string {
	switch step.Expect["timing"] {
	case "immediate":
		limit := immediateMax
		if len(j.limits) > 0 {
			limit = j.limits[0]
		}
		if limit += j.slack; h.elapsed > limit {
			return fmt.Sprintf("took %v instead of being immediate (limit %v)", h.elapsed, limit)
		}
	case "timeout":
		ms, _ := integer(step.Expect["after_ms"])
		after := time.Duration(ms) * time.Millisecond
		// A millisecond earlier is the rounding of the limit itself.
		first, last := after-time.Millisecond, after+timeoutTolerance+j.slack
		if j.slack == 0 {
			first, last = after, after
		}
		if h.elapsed < first || h.elapsed > last {
			return fmt.Sprintf("took %v instead of %v", h.elapsed, after)
		}
	case "blocked":
		if h.early {
			return "was done before anything unblocked it"
		}
	}
	return ""
}
