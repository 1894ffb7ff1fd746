package vectors

import (
	"strings"
	"testing"
)

func TestLoadReadsTheRecordedFile(t *testing.T) {
	file, err := Load("../testdata/gen_tcp-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	levels := make(map[Level]int)
	for _, s := range file.Scenarios {
		levels[s.Level]++
	}
	if len(file.Scenarios) != 398 || levels[Must] != 288 || levels[Stack] != 40 {
		t.Errorf("%d scenarios, by level %v", len(file.Scenarios), levels)
	}
}

func TestDecodeNamesTheMistake(t *testing.T) {
	scenario := func(s string) string {
		return `{"format":1,"count":1,"scenarios":[` + s + `]}`
	}
	for text, want := range map[string]string{
		`[]`:                                   "not a file of scenarios",
		`{"format":2}`:                         "format 2",
		`{"format":1,"count":3}`:               "count 3",
		scenario(`{"id":"a","level":"maybe"}`): `scenario "a": level "maybe"`,
		scenario(`{"level":"must"}`):           "id is empty",
		scenario(`{"id":"a","level":"must","steps":[{"n":0,"op":"fly"}]}`):                   `step 0: op "fly"`,
		scenario(`{"id":"a","level":"must","steps":[{"n":1,"op":"sleep"}]}`):                 "step 0 has the number 1",
		scenario(`{"id":"a","level":"must","steps":[{"n":0,"op":"sleep","check":"loose"}]}`): `check "loose"`,
		scenario(`{"id":"a","level":"must","environment":{"ephemeral_ports":[1]}}`):          "ephemeral_ports",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

func TestEveryDeviationIsOfARecordedScenario(t *testing.T) {
	file, err := Load("../testdata/gen_tcp-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	steps := make(map[string]int)
	levels := make(map[string]Level)
	for _, s := range file.Scenarios {
		steps[s.ID], levels[s.ID] = len(s.Steps), s.Level
	}
	for _, d := range Deviations {
		if steps[d.ID] == 0 {
			t.Errorf("%s: no such scenario", d.ID)
		}
		if level := levels[d.ID]; level == Must || level == Stack {
			t.Errorf("%s: a scenario of level %s must not deviate", d.ID, level)
		}
		if d.Reason == "" || !strings.HasSuffix(d.Reason, ".") {
			t.Errorf("%s: the reason %q is no sentence", d.ID, d.Reason)
		}
		if d.Skip == (len(d.Answers) > 0) {
			t.Errorf("%s: a row either skips or has answers", d.ID)
		}
		for n := range d.Answers {
			if n >= steps[d.ID] {
				t.Errorf("%s: there is no step %d", d.ID, n)
			}
			if o, _ := d.answer(n); o["result"] == nil || strings.Contains(o["result"].(string), "JSON") {
				t.Errorf("%s: step %d: %v", d.ID, n, o["result"])
			}
		}
	}
}
