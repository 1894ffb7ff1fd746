package vectors

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

func TestPayloadForms(t *testing.T) {
	for text, want := range map[string]string{
		`{"text":"a\n"}`:        "a\n",
		`{"hex":"0061"}`:        "\x00a",
		`{"b64":"YWI="}`:        "ab",
		`{"repeat":"ab","n":2}`: "abab",
		`{"seq":3}`:             "\x00\x01\x02",
		`{"concat":[{"text":"a"},{"repeat":"b","n":2}]}`: "abb",
	} {
		got, err := payload(outcome(t, `{"data":`+text+`}`)["data"])
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`7`, `{}`, `{"repeat":"a","n":-1}`, `{"repeat":"a","n":99999999999}`, `{"seq":-1}`, `{"hex":"0"}`, `{"concat":[1]}`} {
		if got, err := payload(outcome(t, `{"data":`+text+`}`)["data"]); err == nil {
			t.Errorf("%s: accepted as %q", text, got)
		}
	}
}

func TestIodataKeepsNestingAndIllegalValues(t *testing.T) {
	for text, want := range map[string]any{
		`{"iolist":[{"text":"a"},{"iolist":[98]},300]}`: []any{[]byte("a"), []any{98}, 300},
		`"atom"`: transport.Atom("atom"),
	} {
		got, err := iodata(outcome(t, `{"data":`+text+`}`)["data"])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func TestDeliveryWritesTheFormat(t *testing.T) {
	long := make([]byte, 65)
	for _, c := range []struct {
		d    *delivery
		want string
	}{
		{&delivery{as: "list", data: []byte("ab")}, `{"as":"list","text":"ab"}`},
		{&delivery{as: "binary", data: []byte{0xff}}, `{"as":"binary","hex":"ff"}`},
		{&delivery{as: "binary", data: long}, `{"as":"binary","len":65,"sha256":"98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7"}`},
		{&delivery{as: "binary", split: true, header: []byte("a"), data: []byte("b")}, `{"header":[97],"rest":{"as":"binary","text":"b"}}`},
	} {
		got, err := json.Marshal(c.d)
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %v, want %s", got, err, c.want)
		}
	}
}
