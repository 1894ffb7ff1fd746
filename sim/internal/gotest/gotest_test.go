package gotest

import (
	"slices"
	"testing"
)

const log = `=== RUN   TestX
    x_test.go:17: the first
    x_test.go:20: the second
        continued: not_here.go:3
    x_test.go:17: the first again
    world_test.go:9: sim: seed 7: 63 packets in 1.8s, trace d55da3103d45e23844847c3dacdf635c6260e1e41fae6d8436eaf3e26a0cac18 (warren)
    world_test.go:9: 
        TestX: seed 7
    world_test.go:9: sim: wrote x.html
    world_test.go:9: sim: nothing will ever happen any more: by 1.5s no packet is under way
    world_test.go:9: sim: 3 goroutines of the test are still there
--- FAIL: TestX (0.00s)
panic: runtime error: index out of range [3] with length 2
`

func TestComplaints(t *testing.T) {
	want := []string{
		"x_test.go:17", "x_test.go:20",
		"world_test.go:9: sim: nothing will ever happen any more",
		"world_test.go:9: sim: # goroutines of the test are still there",
		"panic: runtime error: index out of range [#] with length #",
	}
	if got := Complaints(log); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTrace(t *testing.T) {
	if got := Trace(log); got != "d55da3103d45e23844847c3dacdf635c6260e1e41fae6d8436eaf3e26a0cac18" {
		t.Errorf("%q", got)
	}
	if got := Trace("ok"); got != "" {
		t.Errorf("%q in an output without", got)
	}
}

func TestPattern(t *testing.T) {
	if got, want := Pattern("TestX/a_b's(1)"), `^TestX$/^a_b's\(1\)$`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
