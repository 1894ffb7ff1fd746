package task

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

const short = 20 * time.Millisecond

func TestBadTasksAreNamed(t *testing.T) {
	good := Task{Kind: Stream, Address: "127.0.0.1:0", Duration: short}
	for want, change := range map[string]func(*Task){
		`Kind "gallop"`:    func(t *Task) { t.Kind = "gallop" },
		`Direction "up"`:   func(t *Task) { t.Direction = "up" },
		"Streams -1":       func(t *Task) { t.Streams = -1 },
		"Workers 5000":     func(t *Task) { t.Workers = 5000 },
		"WriteBytes -5":    func(t *Task) { t.WriteBytes = -5 },
		"ReadBytes 999999": func(t *Task) { t.ReadBytes = 999999999 },
		"Warmup -1s":       func(t *Task) { t.Warmup = -time.Second },
		"Duration 0s":      func(t *Task) { t.Duration = 0 },
		"Duration 2h0m0s":  func(t *Task) { t.Duration = 2 * time.Hour },
	} {
		bad := good
		change(&bad)
		_, err := Run(t.Context(), Kernel{}, Kernel{}, bad)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "give ") {
			t.Errorf("error %v, want one that has %q and a remedy", err, want)
		}
	}
}

func TestAddressWithoutPortIsNamed(t *testing.T) {
	_, err := Drive(t.Context(), Kernel{}, Task{Kind: RoundTrip, Address: "127.0.0.1", Hosts: []string{"127.0.0.2"}, Duration: short})
	if err == nil || !strings.Contains(err.Error(), `Address "127.0.0.1"`) {
		t.Errorf("error %v", err)
	}
}

func TestStreamsMoveBytes(t *testing.T) {
	for _, direction := range []Direction{FromDialler, FromAcceptor} {
		for _, streams := range []int{1, 20} {
			r, err := Run(t.Context(), Kernel{}, Kernel{}, Task{
				Kind: Stream, Address: "127.0.0.1:0", Direction: direction, Streams: streams, Warmup: short, Duration: 10 * short,
			})
			if err != nil {
				t.Fatalf("%s, %d streams: %v", direction, streams, err)
			}
			var sum int64
			for _, b := range r.Streams {
				sum += b
			}
			if r.Bytes == 0 || r.Bytes != sum || len(r.Streams) != streams || r.Seconds < (10*short).Seconds() || r.Work != r.Bytes {
				t.Errorf("%s, %d streams: %+v", direction, streams, r)
			}
			if fair := r.Jain(); fair <= 0 || fair > 1.0001 {
				t.Errorf("Jain's index %v", fair)
			}
		}
	}
}

func TestRoundTripsAreTimed(t *testing.T) {
	r, err := Run(t.Context(), Kernel{}, Kernel{}, Task{Kind: RoundTrip, Address: "127.0.0.1:0", Warmup: short, Duration: short})
	if err != nil {
		t.Fatal(err)
	}
	if r.Operations == 0 || r.Latency.P50 <= 0 || r.Latency.P99 < r.Latency.P50 || r.Latency.Mean <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	r, err := Run(t.Context(), Kernel{}, Kernel{}, Task{
		Kind: Connections, Address: "0.0.0.0:0", Hosts: []string{"127.0.0.1", "127.0.0.2"}, Workers: 4, Warmup: short, Duration: 5 * short,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Operations == 0 || r.Errors != 0 || r.FirstError != "" || r.Latency.P50 <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestIdleConnectionsAreWeighed(t *testing.T) {
	r, err := Run(t.Context(), Kernel{}, Kernel{}, Task{Kind: Idle, Address: "127.0.0.1:0", Streams: 50, WriteBytes: 1024})
	if err != nil {
		t.Fatal(err)
	}
	if r.Idle.Endpoints != 100 || r.Idle.HeapBytes <= 0 || r.Idle.HeapAfter >= r.Idle.HeapBytes || r.Idle.Goroutines != 0 {
		t.Errorf("%+v", r.Idle)
	}
}

// TestNobodyListens wants the error of the first dial, at once.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	for kind := range drivers {
		if _, err := Drive(t.Context(), Kernel{}, Task{Kind: kind, Address: address, Duration: time.Minute}); err == nil {
			t.Errorf("%s: no error", kind)
		}
	}
}

// TestCancelEnds wants both sides to end long before their time.
func TestCancelEnds(t *testing.T) {
	for kind := range drivers {
		ctx, cancel := context.WithTimeout(t.Context(), 5*short)
		defer cancel()
		_, err := Run(ctx, Kernel{}, Kernel{}, Task{Kind: kind, Address: "127.0.0.1:0", Duration: time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v", kind, err)
		}
	}
}

// TestEarlyEndIsAnError wants a stream that ends by itself to be noticed.
func TestEarlyEndIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			c.Close()
		}
	}()
	_, err = Drive(t.Context(), Kernel{}, Task{Kind: Stream, Direction: FromAcceptor, Address: l.Addr().String(), Duration: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "stream 0 of 1 ended after 0 bytes") {
		t.Errorf("error %v", err)
	}
}

func TestJain(t *testing.T) {
	for _, test := range []struct {
		streams []int64
		want    float64
	}{
		{nil, 0},
		{[]int64{0, 0}, 0},
		{[]int64{5, 5, 5, 5}, 1},
		{[]int64{8, 0, 0, 0}, 0.25},
		{[]int64{1, 3}, 0.8},
	} {
		if got := (Result{Streams: test.streams}).Jain(); got != test.want {
			t.Errorf("%v: %v, want %v", test.streams, got, test.want)
		}
	}
}

func TestLatency(t *testing.T) {
	samples := make([]int64, 0, 101)
	for i := int64(100); i >= 0; i-- {
		samples = append(samples, i*1000)
	}
	if got, want := latency(samples), (Latency{P50: 50, P99: 99, Mean: 50}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := latency(nil); got != (Latency{}) {
		t.Errorf("without samples: %+v", got)
	}
}

func TestMergeOfTwoProcesses(t *testing.T) {
	sender := Result{Process: 1, CPUSeconds: 2, Work: 200, Allocations: 20}
	receiver := Result{Process: 2, CPUSeconds: 1, Work: 100, Bytes: 100, Streams: []int64{100}, Allocations: 5, Seconds: 3}
	got := Merge(Task{Kind: Stream}, sender, receiver)
	if got.Bytes != 100 || got.CPUSeconds != 2 || got.Allocations != 15 || got.Seconds != 3 {
		t.Errorf("%+v", got)
	}
	receiver.Process = 1
	if got := Merge(Task{Kind: Stream}, sender, receiver); got.CPUSeconds != 1 {
		t.Errorf("in one process: %+v", got)
	}
	if got := Merge(Task{Kind: Stream, Direction: FromAcceptor}, receiver, sender); got.Bytes != 100 {
		t.Errorf("the other way round: %+v", got)
	}
}

func TestJSON(t *testing.T) {
	in := Task{Kind: Stream, Address: "[::1]:80", Hosts: []string{"a"}, Streams: 3, Direction: FromAcceptor, Warmup: 1, Duration: 2, WriteBytes: 3, ReadBytes: 4}
	out := Task{}
	if text, err := json.Marshal(in); err != nil || json.Unmarshal(text, &out) != nil || !reflect.DeepEqual(in, out) {
		t.Errorf("%+v became %+v", in, out)
	}
}
