package worker

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

func TestMain(m *testing.M) {
	Register("broken", func(spec json.RawMessage) (task.Network, io.Closer, error) {
		return nil, nil, errors.New("spec " + string(spec))
	})
	Register("mortal", func(json.RawMessage) (task.Network, io.Closer, error) {
		os.Stderr.WriteString("last words\n")
		os.Exit(7)
		return nil, nil, nil
	})
	RunIfAsked()
	os.Exit(m.Run())
}

// start starts a worker, which is this test binary.
func start(t *testing.T) *Worker {
	t.Helper()
	cmd, err := Command()
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func openKernel(t *testing.T) *Worker {
	t.Helper()
	w := start(t)
	if err := w.Open(t.Context(), KernelKind, nil); err != nil {
		t.Fatal(err)
	}
	return w
}

const short = 30 * time.Millisecond

func TestPairOfProcesses(t *testing.T) {
	a, b := openKernel(t), openKernel(t)
	for _, kind := range []task.Kind{task.Stream, task.RoundTrip, task.Connections} {
		r, err := Pair(t.Context(), a, b, task.Task{Kind: kind, Address: "127.0.0.1:0", Streams: 2, Workers: 2, Duration: short})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if r.Bytes+r.Operations == 0 || r.Process == os.Getpid() || r.Seconds <= 0 {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

func TestBothSidesInOneWorker(t *testing.T) {
	w := openKernel(t)
	r, err := w.Run(t.Context(), task.Task{Kind: task.RoundTrip, Address: "127.0.0.1:0", Duration: short})
	if err != nil || r.Operations == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestErrorsComeBack(t *testing.T) {
	for want, try := range map[string]func(w *Worker) error{
		`kind "nonsense": is unknown: give one of broken, kernel, mortal`: func(w *Worker) error {
			return w.Open(t.Context(), "nonsense", nil)
		},
		`spec {"x":1}`:        func(w *Worker) error { return w.Open(t.Context(), "broken", map[string]int{"x": 1}) },
		"there is no network": func(w *Worker) error { _, err := w.Serve(t.Context(), task.Task{}); return err },
		"last words":          func(w *Worker) error { return w.Open(t.Context(), "mortal", nil) },
	} {
		if err := try(start(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that has %q", err, want)
		}
	}
}

func TestErrorsOfTasksComeBack(t *testing.T) {
	w := openKernel(t)
	for want, try := range map[string]func() error{
		"nothing is served": func() error { _, err := w.Finish(t.Context()); return err },
		`Kind "gallop"`: func() error {
			_, err := w.Drive(t.Context(), task.Task{Kind: "gallop"})
			return err
		},
		"there is a network already": func() error { return w.Open(t.Context(), KernelKind, nil) },
		"the first connection": func() error {
			_, err := w.Drive(t.Context(), task.Task{Kind: task.Connections, Address: "127.0.0.1:1", Duration: short})
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that has %q", err, want)
		}
	}
}

// TestFailedDriveEndsServing wants a pair to be usable after a task that failed.
func TestFailedDriveEndsServing(t *testing.T) {
	a, b := openKernel(t), openKernel(t)
	bad := task.Task{Kind: task.Stream, Address: "127.0.0.1:0", Hosts: []string{"no such host"}, Duration: short}
	if _, err := Pair(t.Context(), a, b, bad); err == nil {
		t.Fatal("no error")
	}
	good := bad
	good.Hosts = nil
	if r, err := Pair(t.Context(), a, b, good); err != nil || r.Bytes == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestCancelKills(t *testing.T) {
	w := openKernel(t)
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	_, err := w.Run(ctx, task.Task{Kind: task.RoundTrip, Address: "127.0.0.1:0", Duration: time.Hour})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closing what was killed: %v", err)
	}
}

// TestWorkerEndsWithItsInput wants a worker to end in the middle of a task when
// whoever started it is gone.
func TestWorkerEndsWithItsInput(t *testing.T) {
	in, feed := io.Pipe()
	out := new(strings.Builder)
	ended := make(chan error, 1)
	go func() { ended <- Run(t.Context(), in, out) }()
	io.WriteString(feed, `{"do":"open","kind":"kernel"}
{"do":"run","task":{"kind":"round-trip","address":"127.0.0.1:0","duration":3600000000000}}
`)
	feed.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestBadInputEndsWorker(t *testing.T) {
	err := Run(t.Context(), strings.NewReader("{\"do\":1}\n"), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "reading a request") {
		t.Errorf("error %v", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var kept Tail
	kept.Write([]byte(strings.Repeat("a", 2*tailMax)))
	kept.Write([]byte(" the\nend\n"))
	if text := kept.Text(); !strings.HasSuffix(text, "a the\nend") || len(text) > tailMax {
		t.Errorf("%d bytes, ending in %q", len(text), text[len(text)-10:])
	}
	if line := kept.Line(); !strings.HasSuffix(line, "a the end") {
		t.Errorf("as a line it ends in %q", line[len(line)-10:])
	}
}
