package fault

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// diary is Hosts that note what is planned and let it happen when told.
type diary struct {
	now   time.Duration
	lines []string
	plans []*entry
}

type entry struct {
	HostEvent
	happened func()
	done     bool
}

func (d *diary) Now() time.Duration { return d.now }

func (d *diary) Plan(e HostEvent, happened func()) (cancel func() bool, err error) {
	if e.Host == "nobody" {
		return nil, errors.New("there is no such host")
	}
	p := &entry{HostEvent: e, happened: happened}
	d.plans = append(d.plans, p)
	return func() bool {
		was := p.done
		p.done = true
		return !was
	}, nil
}

// until lets happen what is due by then.
func (d *diary) until(now time.Duration) {
	d.now = now
	slices.SortStableFunc(d.plans, func(a, b *entry) int { return int(a.At - b.At) })
	for _, p := range d.plans {
		if p.At <= now && !p.done {
			p.done = true
			d.lines = append(d.lines, fmt.Sprint(p.Do, " ", p.Host))
			p.happened()
		}
	}
}

func (d *diary) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(d.lines, lines) {
		t.Errorf("happened: %q, want %q", d.lines, lines)
	}
	d.lines = nil
}

func serving(t *testing.T, d *diary, faults ...Fault) (*Set, []*Handle) {
	t.Helper()
	s := NewSet(1)
	s.Serve(d)
	handles, err := s.AddList(faults)
	if err != nil {
		t.Fatal(err)
	}
	return s, handles
}

func TestHostEventsArePlanned(t *testing.T) {
	var d diary
	_, h := serving(t, &d,
		Crash{Host: "a", At: time.Second, Restart: time.Second},
		Pause{Host: "b", At: time.Second, For: 2 * time.Second},
		Skew{Host: "c", At: 4 * time.Second, PPM: 100})
	d.until(time.Second)
	d.want(t, "crash a", "pause b")
	d.until(3 * time.Second)
	d.want(t, "restart a", "resume b")
	if h[0].Hits() != 1 || h[1].Hits() != 1 || h[2].Hits() != 0 {
		t.Errorf("hits %d %d %d, want 1 1 0", h[0].Hits(), h[1].Hits(), h[2].Hits())
	}
	d.until(time.Minute)
	d.want(t, "skew c")
	if p := d.plans[len(d.plans)-1]; p.PPM != 100 {
		t.Errorf("the clock is %d parts per million fast", p.PPM)
	}
}

func TestHostEventsAddedLateHappenNow(t *testing.T) {
	f := Pause{Host: "a", At: time.Second, For: time.Second}
	got := f.Events(5 * time.Second)
	want := []HostEvent{{At: 5 * time.Second, Host: "a", Do: HostPause}, {At: 6 * time.Second, Host: "a", Do: HostResume}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	last := Crash{Host: "a", At: 1<<63 - 1, Restart: time.Second}.Events(0)
	if last[1].At != 1<<63-1 {
		t.Errorf("the time ran over: %v", last[1].At)
	}
	if got := (Crash{Host: "a"}).Events(0); len(got) != 1 {
		t.Errorf("a crash for good ends: %v", got)
	}
}

func TestRemovingHostFaults(t *testing.T) {
	var d diary
	s, h := serving(t, &d,
		Crash{Host: "never", At: time.Second, Restart: time.Second},
		Crash{Host: "short", At: time.Second, Restart: time.Hour},
		Crash{Host: "forgood", At: time.Second},
		Pause{Host: "over", At: time.Second, For: time.Second})
	h[0].Remove()
	d.until(2 * time.Second)
	d.want(t, "crash short", "crash forgood", "pause over", "resume over")
	for range 2 {
		for _, h := range h {
			h.Remove()
		}
		d.until(2 * time.Second)
	}
	d.want(t, "restart short")
	d.until(2 * time.Hour)
	d.want(t)
	if len(s.Handles()) != 0 || h[1].Hits() != 1 || h[0].Hits() != 0 {
		t.Errorf("left: %v; hits %d and %d", s, h[1].Hits(), h[0].Hits())
	}
}

func TestHostFaultsNeedHosts(t *testing.T) {
	var s Set
	if _, err := s.Add(Crash{Host: "a"}); err == nil || !strings.Contains(err.Error(), "crash host=a: it is about a host, and this set knows of packets alone") {
		t.Errorf("without hosts: %v", err)
	}
	var d diary
	s.Serve(&d)
	handles, err := s.AddList(List{Drop{}, Crash{Host: "a"}, Crash{Host: "nobody"}})
	if err == nil || !strings.Contains(err.Error(), "fault 3: fault: crash host=nobody: there is no such host") || handles != nil {
		t.Errorf("%v, %v", handles, err)
	}
	d.until(time.Second)
	d.want(t)
	if len(s.Handles()) != 0 {
		t.Errorf("a part of the list was added: %v", s.String())
	}
}

func TestHostFaultsPassPackets(t *testing.T) {
	var d diary
	s, _ := serving(t, &d, Crash{Host: "a"}, Pause{Host: "a", For: 1}, Skew{Host: "a"}, DNS{Lost: true}, Drop{})
	v := s.Judge(tcp(t, segment{}))
	if !v.Drop || v.By != "drop" {
		t.Errorf("verdict %+v", v)
	}
}

func TestActionsHaveWords(t *testing.T) {
	for a := range HostSkew + 2 {
		if a.String() == "" {
			t.Errorf("action %d has no word", a)
		}
	}
}

func TestHostsOfFaults(t *testing.T) {
	for _, test := range []struct {
		fault Fault
		want  []string
	}{
		{Drop{}, nil},
		{Loss{Select: Select{From: []string{"a", "b"}, To: []string{"b", "c"}, Path: "x"}}, []string{"a", "b", "c"}},
		{&Drop{Select{To: []string{"a"}}}, []string{"a"}},
		{Partition{A: []string{"a"}, B: []string{"b"}, Name: "n"}, []string{"a", "b"}},
		{Crash{Host: "a", Name: "n"}, []string{"a"}},
		{Pause{Host: "a"}, []string{"a"}},
		{Skew{Host: "a"}, []string{"a"}},
		{DNS{Names: []string{"x"}, From: []string{"a"}}, []string{"a"}},
		{Func{Name: "n"}, nil},
		{foreign{}, nil},
		{nil, nil},
	} {
		if got := HostsOf(test.fault); !slices.Equal(got, test.want) {
			t.Errorf("%v: %q, want %q", test.fault, got, test.want)
		}
	}
}

// foreign is a fault of another package.
type foreign struct{}

func (foreign) Judge(Seed, *Packet) Verdict { return Verdict{} }
func (foreign) String() string              { return "foreign" }
