package demo

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gopacket/gopacket/pcapgo"

	"github.com/seed-731cb71d/warren/netstack/ladder"
)

var update = flag.Bool("update", false, "rewrite testdata/demo.txt instead of comparing")

// times are the stamps at the start of rows, which differ from run to run
// where the time is that on the wall.
var times = regexp.MustCompile(`(?m)^ *\d+\.\d{3} `)

// play runs the demo and returns what it draws, with 0.000 for every time on
// the wall.
func play(t *testing.T, cfg Config) string {
	t.Helper()
	var out strings.Builder
	cfg.Out = &out
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	wall, virtual, ok := strings.Cut(out.String(), "\n7  ")
	if !ok {
		t.Fatalf("the demo has no scene in virtual time:\n%s", out.String())
	}
	return times.ReplaceAllString(wall, "   0.000 ") + "\n7  " + virtual
}

func TestDemoDrawsTheSameEachTime(t *testing.T) {
	const name = "testdata/demo.txt"
	got := play(t, Config{})
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("drew\n%s\nwant\n%s\nif the change is meant: go test ./cmd/warren/internal/demo -update", got, want)
	}
}

func TestDemoOpensNoKernelSocket(t *testing.T) {
	if _, err := socketLinks(); err != nil {
		t.Skip("needs /proc/self/fd")
	}
	if got := play(t, Config{}); !strings.HasSuffix(got, "\nkernel sockets opened: 0\n") {
		t.Errorf("the last line is not that no kernel socket was opened:\n%s", got)
	}
}

// TestKernelSocketsAreSeen makes sure that the count is not always 0.
func TestKernelSocketsAreSeen(t *testing.T) {
	k := watchKernelSockets()
	if k.err != nil {
		t.Skip("needs /proc/self/fd")
	}
	openSocket(t)
	k.look()
	if got := k.String(); got != "kernel sockets opened: 1" {
		t.Errorf("with one socket open: %q", got)
	}
}

func TestDemoFits80Columns(t *testing.T) {
	for row := range strings.SplitSeq(play(t, Config{}), "\n") {
		if n := utf8.RuneCountInString(row); n > 80 || strings.Contains(row, "…") || strings.Contains(row, "\x1b") {
			t.Errorf("row of %d columns, cut, or with escape sequences: %q", n, row)
		}
	}
}

func TestDemoCaptures(t *testing.T) {
	var file bytes.Buffer
	got := play(t, Config{Capture: &file, CaptureName: "x.pcapng"})
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	captured := 0
	for {
		raw, _, err := r.ReadPacketData()
		if err != nil {
			break
		}
		if _, err := ladder.Decode(raw); err != nil {
			t.Errorf("packet %d: %v", captured, err)
		}
		captured++
	}
	onLink, _, _ := strings.Cut(got, "\n7  ")
	if arrows := strings.Count(onLink, "▶│") + strings.Count(onLink, "│◀"); captured != arrows || captured == 0 {
		t.Errorf("%d packets captured, %d drawn", captured, arrows)
	}
	if !strings.Contains(got, "x.pcapng (open it with Wireshark)") {
		t.Errorf("the capture is not named:\n%s", got)
	}
}

func TestDemoEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := Run(ctx, Config{Out: &out}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with an ended context: %v, want context.Canceled", err)
	}
}

type brokenWriter struct{}

var errBroken = errors.New("pipe gone")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestDemoReportsBrokenOutput(t *testing.T) {
	if err := Run(t.Context(), Config{Out: brokenWriter{}}); !errors.Is(err, errBroken) {
		t.Errorf("Run: %v, want the writer's error", err)
	}
	var out strings.Builder
	if err := Run(t.Context(), Config{Out: &out, Capture: brokenWriter{}}); !errors.Is(err, errBroken) {
		t.Errorf("Run with a broken capture: %v, want the writer's error", err)
	}
}
