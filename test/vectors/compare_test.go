package vectors

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// outcome decodes an outcome as it stands in a file.
func outcome(t *testing.T, text string) Outcome {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var o Outcome
	if err := d.Decode(&o); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

func binary(s string) *delivery { return &delivery{as: "binary", data: []byte(s)} }

func TestCompareDetectsAWrongOutcome(t *testing.T) {
	header := &delivery{as: "binary", split: true, header: []byte("ab"), data: []byte("cd")}
	for _, c := range []struct {
		name, want string
		check      Check
		actual     Outcome
		equal      bool
	}{
		{"same", `{"result":"ok"}`, "", Outcome{"result": "ok"}, true},
		{"other result", `{"result":"ok"}`, "", Outcome{"result": "error", "reason": "closed"}, false},
		{"other reason", `{"result":"error","reason":"closed"}`, "", Outcome{"result": "error", "reason": "timeout"}, false},
		{"reason missing", `{"result":"error","reason":"closed"}`, "", Outcome{"result": "error"}, false},
		{"text", `{"result":"ok","data":{"as":"binary","text":"ab"}}`, "", Outcome{"result": "ok", "data": binary("ab")}, true},
		{"hex", `{"result":"ok","data":{"as":"binary","hex":"6162"}}`, "", Outcome{"result": "ok", "data": binary("ab")}, true},
		{"other text", `{"result":"ok","data":{"as":"binary","text":"ab"}}`, "", Outcome{"result": "ok", "data": binary("ac")}, false},
		{"shorter", `{"result":"ok","data":{"as":"binary","text":"ab"}}`, "", Outcome{"result": "ok", "data": binary("a")}, false},
		{"other mode", `{"result":"ok","data":{"as":"list","text":"ab"}}`, "", Outcome{"result": "ok", "data": binary("ab")}, false},
		{"repeat", `{"result":"ok","data":{"as":"binary","repeat":"a","n":3}}`, "", Outcome{"result": "ok", "data": binary("aaa")}, true},
		{"digest", `{"result":"ok","data":{"as":"binary","len":2,"sha256":"fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"}}`, "", Outcome{"result": "ok", "data": binary("ab")}, true},
		{"other digest", `{"result":"ok","data":{"as":"binary","len":2,"sha256":"fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620604"}}`, "", Outcome{"result": "ok", "data": binary("ab")}, false},
		{"header", `{"result":"ok","data":{"header":[97,98],"rest":{"as":"binary","text":"cd"}}}`, "", Outcome{"result": "ok", "data": header}, true},
		{"other header", `{"result":"ok","data":{"header":[97,99],"rest":{"as":"binary","text":"cd"}}}`, "", Outcome{"result": "ok", "data": header}, false},
		{"header not split", `{"result":"ok","data":{"header":[97,98],"rest":{"as":"binary","text":"cd"}}}`, "", Outcome{"result": "ok", "data": binary("abcd")}, false},
		{"split without header", `{"result":"ok","data":{"as":"binary","text":"cd"}}`, "", Outcome{"result": "ok", "data": header}, false},
		{"values", `{"result":"ok","values":[["linger",[true,3]],["packet",4]]}`, "", Outcome{"result": "ok", "values": []any{[]any{"linger", []any{true, int64(3)}}, []any{"packet", int64(4)}}}, true},
		{"value too many", `{"result":"ok","values":[["packet",4]]}`, "", Outcome{"result": "ok", "values": []any{[]any{"packet", int64(4)}, []any{"mode", "list"}}}, false},
		{"other value", `{"result":"ok","values":[["packet",4]]}`, "", Outcome{"result": "ok", "values": []any{[]any{"packet", int64(2)}}}, false},
		{"message", `{"result":"message","message":{"type":"tcp","socket":"s","data":{"as":"binary","text":"a"}}}`, "", Outcome{"result": "message", "message": map[string]any{"type": "tcp", "socket": "s", "data": binary("a")}}, true},
		{"message of another socket", `{"result":"message","message":{"type":"tcp_closed","socket":"s"}}`, "", Outcome{"result": "message", "message": map[string]any{"type": "tcp_closed", "socket": "s2"}}, false},
		{"other message", `{"result":"message","message":{"type":"tcp_closed","socket":"s"}}`, CheckKind, Outcome{"result": "message", "message": map[string]any{"type": "tcp_passive", "socket": "s"}}, false},
		{"kind only", `{"result":"ok","values":[["recbuf",1]]}`, CheckKind, Outcome{"result": "ok", "values": []any{}}, true},
		{"kind, other result", `{"result":"ok"}`, CheckKind, Outcome{"result": "none"}, false},
		{"reason only", `{"result":"error","reason":"closed","after_sends":1}`, CheckReason, Outcome{"result": "error", "reason": "closed", "after_sends": int64(2)}, true},
		{"end only", `{"result":"ok","ended_by":"fin","data":{"as":"binary","text":"x"}}`, CheckEndedBy, Outcome{"result": "ok", "ended_by": "fin", "data": binary("")}, true},
		{"other end", `{"result":"ok","ended_by":"fin"}`, CheckEndedBy, Outcome{"result": "ok", "ended_by": "reset"}, false},
		{"nobody owns", `{"result":"ok","actor":null}`, "", Outcome{"result": "ok", "actor": nil}, true},
		{"somebody owns", `{"result":"ok","actor":null}`, "", Outcome{"result": "ok", "actor": "main"}, false},
		{"refused", `{"result":"raise","class":"error","reason":"function_clause"}`, "", Outcome{"result": "error", "reason": "badarg"}, true},
		{"not refused", `{"result":"raise","class":"error","reason":"badarg"}`, "", Outcome{"result": "ok"}, false},
		{"refused otherwise", `{"result":"raise","class":"error","reason":"badarg"}`, "", Outcome{"result": "error", "reason": "timeout"}, false},
		{"not compared", `{"result":"ok"}`, CheckNone, Outcome{"result": "error"}, true},
	} {
		difference := compare(outcome(t, c.want), nil, c.check, c.actual)
		if (difference == "") != c.equal {
			t.Errorf("%s: difference %q", c.name, difference)
		}
	}
}

func TestCompareAcceptsAnAlternative(t *testing.T) {
	want := outcome(t, `{"result":"error","reason":"enotconn","timing":"immediate"}`)
	alt := []Outcome{outcome(t, `{"result":"error","reason":"closed"}`)}
	if d := compare(want, alt, "", Outcome{"result": "error", "reason": "closed"}); d != "" {
		t.Error(d)
	}
	if compare(want, alt, "", Outcome{"result": "error", "reason": "einval"}) == "" {
		t.Error("a third outcome was accepted")
	}
}

func TestJudgeDetectsWrongTiming(t *testing.T) {
	scenario := Scenario{Steps: []Step{
		{Args: Args{"timeout": json.Number("300")}},
		{Args: Args{"timeout": json.Number("50")}},
		{Args: Args{"timeout": json.Number("2000")}},
	}}
	const real = time.Millisecond // the slack of some clock that is not virtual
	for _, c := range []struct {
		timing  string
		slack   time.Duration
		elapsed time.Duration
		early   bool
		right   bool
	}{
		{"immediate", real, 290 * time.Millisecond, false, true},
		{"immediate", real, 310 * time.Millisecond, false, false},
		{"timeout", real, 310 * time.Millisecond, false, true},
		{"timeout", real, 200 * time.Millisecond, false, false},
		{"timeout", real, 600 * time.Millisecond, false, false},
		{"timeout", 0, 300 * time.Millisecond, false, true},
		{"timeout", 0, 299 * time.Millisecond, false, false},
		{"timeout", 0, 301 * time.Millisecond, false, false},
		{"blocked", 0, 0, false, true},
		{"blocked", 0, 0, true, false},
	} {
		j := newJudge(scenario, c.slack)
		step := &Step{Expect: Outcome{"result": "ok", "timing": c.timing, "after_ms": json.Number("300")}}
		difference := j.compare(step, Outcome{"result": "ok"}, &handle{elapsed: c.elapsed, early: c.early})
		if (difference == "") != c.right {
			t.Errorf("%s after %v, slack %v: difference %q", c.timing, c.elapsed, c.slack, difference)
		}
	}
}

func TestJudgeSkipsUnstableSteps(t *testing.T) {
	step := &Step{Unstable: true, Expect: Outcome{"result": "ok"}}
	if d := newJudge(Scenario{}, 0).compare(step, Outcome{"result": "none"}, &handle{}); d != "" {
		t.Error(d)
	}
}
