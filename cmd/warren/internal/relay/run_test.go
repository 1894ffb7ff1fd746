package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
)

// drainLong is a drain that no test reaches.
const drainLong = time.Minute

// connPair returns the two ends of a connection inside one stack.
func connPair(t *testing.T) (here, there *netstack.Conn) {
	t.Helper()
	s, err := netstack.New(netstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l, err := s.ListenTCP(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), netstack.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	here, err = s.DialTCP(t.Context(), l.AddrPort(), netstack.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	there, err = l.AcceptTCP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return here, there
}

// start runs Run and returns its end.
func start(ctx context.Context, conn Conn, in *Input, out io.Writer, drain time.Duration) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, conn, in, out, Config{Drain: drain}) }()
	return ended
}

func TestRunShutsTheSendingHalfDownAtTheEndOfInput(t *testing.T) {
	here, there := connPair(t)
	sent := strings.Repeat("question ", 1<<15)
	var out bytes.Buffer
	ended := start(t.Context(), here, NewInput(strings.NewReader(sent)), &out, drainLong)
	got, err := io.ReadAll(there)
	if err != nil || string(got) != sent {
		t.Fatalf("the peer read %d bytes, %v, want %d and the end", len(got), err, len(sent))
	}
	if _, err := there.Write([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	there.Close()
	if err := <-ended; err != nil || out.String() != "answer" {
		t.Errorf("Run: %v, output %q, want the answer that came after the half-close", err, &out)
	}
}

func TestRunGoesOnSendingAfterThePeersHalfClose(t *testing.T) {
	here, there := connPair(t)
	r, w := io.Pipe()
	ended := start(t.Context(), here, NewInput(r), io.Discard, drainLong)
	there.CloseWrite()
	if _, err := w.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got, err := io.ReadAll(there); err != nil || string(got) != "late" {
		t.Errorf("the peer read %q, %v", got, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunEndsWithAResetThoughTheInputIsSilent(t *testing.T) {
	here, there := connPair(t)
	r, w := io.Pipe()
	defer w.Close()
	ended := start(t.Context(), here, NewInput(r), io.Discard, drainLong)
	there.Abort()
	if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("Run: %v, want ECONNRESET", err)
	}
}

func TestRunReportsAnInputThatFails(t *testing.T) {
	here, there := connPair(t)
	r, w := io.Pipe()
	ended := start(t.Context(), here, NewInput(r), io.Discard, drainLong)
	failure := errors.New("disk on fire")
	w.CloseWithError(failure)
	if err := <-ended; !errors.Is(err, failure) {
		t.Errorf("Run: %v, want %v", err, failure)
	}
	if _, err := io.ReadAll(there); err == nil {
		t.Error("the peer saw an orderly end of input that was cut short")
	}
}

func TestRunDrainsWhenInterrupted(t *testing.T) {
	here, there := connPair(t)
	r, w := io.Pipe()
	defer w.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	ended := start(ctx, here, NewInput(r), &out, drainLong)
	interrupt()
	if got, err := io.ReadAll(there); err != nil || len(got) != 0 {
		t.Fatalf("the peer read %q, %v, want the end", got, err)
	}
	there.Write([]byte("bye"))
	there.Close()
	if err := <-ended; err != nil || out.String() != "bye" {
		t.Errorf("Run: %v, output %q, want an orderly end", err, &out)
	}
}

func TestRunResetsAPeerThatDoesNotFinishInTime(t *testing.T) {
	here, there := connPair(t)
	r, w := io.Pipe()
	defer w.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	ended := start(ctx, here, NewInput(r), io.Discard, time.Millisecond)
	interrupt()
	if err := <-ended; !errors.Is(err, ErrInterrupted) {
		t.Errorf("Run: %v, want ErrInterrupted", err)
	}
	if _, err := io.ReadAll(there); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer read %v", err)
	}
	wait.Until(t, func() bool { _, err := there.Write([]byte("x")); return err != nil }, "the connection is reset")
}

func TestInputServesOneConnectionAfterTheOther(t *testing.T) {
	r, w := io.Pipe()
	in := NewInput(r)
	for _, line := range []string{"first", "second"} {
		here, there := connPair(t)
		ended := start(t.Context(), here, in, io.Discard, drainLong)
		if _, err := w.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(line))
		if _, err := io.ReadFull(there, got); err != nil || string(got) != line {
			t.Errorf("the peer read %q, %v, want %q", got, err, line)
		}
		there.Abort()
		if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("Run: %v", err)
		}
	}
	w.Close()
	here, there := connPair(t)
	ended := start(t.Context(), here, in, io.Discard, drainLong)
	if got, err := io.ReadAll(there); err != nil || len(got) != 0 {
		t.Errorf("after the end of input the peer read %q, %v, want the end", got, err)
	}
	there.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
