package pinger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

var host = netip.MustParseAddr("10.7.0.1")

// echo answers after d the requests whose sequence number is in lost not.
func echo(d time.Duration, lost ...uint16) func(context.Context, netip.Addr, netstack.PingOptions) (netstack.PingReply, error) {
	return func(ctx context.Context, to netip.Addr, o netstack.PingOptions) (netstack.PingReply, error) {
		for _, l := range lost {
			if l == o.Sequence {
				<-ctx.Done()
				return netstack.PingReply{}, ctx.Err()
			}
		}
		<-time.After(d)
		return netstack.PingReply{From: to, Sequence: o.Sequence, PayloadBytes: o.PayloadBytes, TTL: 64, RTT: d}, nil
	}
}

func TestRunKeepsTheIntervalAndSumsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		start := time.Now()
		err := Run(t.Context(), Config{To: host, Ping: echo(2*time.Millisecond, 2), Count: 3,
			Interval: time.Second, Timeout: 1500 * time.Millisecond, PayloadBytes: 56, Out: &out})
		if err != nil {
			t.Error(err)
		}
		// Requests at 0, 1 s and, after a lost one, 2.5 s.
		if took := time.Since(start); took != 2502*time.Millisecond {
			t.Errorf("took %v", took)
		}
		want := `56 bytes from 10.7.0.1: seq=1 ttl=64 time=2.000ms
no answer: seq=2
56 bytes from 10.7.0.1: seq=3 ttl=64 time=2.000ms

10.7.0.1: 3 sent, 2 answered, 33% lost
round trip min/avg/max 2.000ms/2.000ms/2.000ms
`
		if out.String() != want {
			t.Errorf("output:\n%s\nwant:\n%s", &out, want)
		}
	})
}

func TestRunWithoutAnAnswerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		err := Run(t.Context(), Config{To: host, Ping: echo(0, 1), Count: 1, Interval: time.Second, Timeout: time.Second, Out: &out})
		if !errors.Is(err, ErrNoAnswer) || !strings.Contains(out.String(), "1 sent, 0 answered, 100% lost") {
			t.Errorf("%v, output %q", err, &out)
		}
	})
}

func TestRunGoesOnAfterAnICMPError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unreachable := &netstack.ICMPError{From: netip.MustParseAddr("10.7.0.9"), Type: 3, Code: 1}
		answered := echo(time.Millisecond)
		ping := func(ctx context.Context, to netip.Addr, o netstack.PingOptions) (netstack.PingReply, error) {
			if o.Sequence == 1 {
				return netstack.PingReply{}, &net.OpError{Op: "ping", Err: unreachable}
			}
			return answered(ctx, to, o)
		}
		for _, asJSON := range []bool{false, true} {
			var out bytes.Buffer
			if err := Run(t.Context(), Config{To: host, Ping: ping, Count: 2, Interval: time.Second, Timeout: time.Second, Out: &out, JSON: asJSON}); err != nil {
				t.Error(err)
			}
			first, _, _ := strings.Cut(out.String(), "\n")
			want := "no answer: seq=1, 10.7.0.9 answers: host unreachable (ICMP type 3, code 1)"
			if asJSON {
				want = `{"sequence":1,"answered":false,"from":"10.7.0.9","reason":"10.7.0.9 answers: host unreachable (ICMP type 3, code 1)"}`
			}
			if first != want {
				t.Errorf("got %s\nwant %s", first, want)
			}
		}
	})
}

func TestRunSumsUpWhenInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, interrupt)
		var out bytes.Buffer
		if err := Run(ctx, Config{To: host, Ping: echo(time.Millisecond), Interval: time.Second, Timeout: time.Second, Out: &out}); err != nil {
			t.Error(err)
		}
		if !strings.Contains(out.String(), "2 sent, 2 answered, 0% lost") {
			t.Errorf("output %q", &out)
		}
	})
}

func TestRunStopsWhenNothingCanBeSent(t *testing.T) {
	failure := errors.New("no route")
	ping := func(context.Context, netip.Addr, netstack.PingOptions) (netstack.PingReply, error) {
		return netstack.PingReply{}, failure
	}
	var out bytes.Buffer
	if err := Run(t.Context(), Config{To: host, Ping: ping, Interval: time.Hour, Timeout: time.Hour, Out: &out}); !errors.Is(err, failure) {
		t.Errorf("Run: %v, want %v at once", err, failure)
	}
}

func TestRunWritesOneObjectALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		err := Run(t.Context(), Config{To: host, Ping: echo(time.Millisecond, 2), Count: 2, Interval: time.Second, Timeout: time.Second, Out: &out, JSON: true})
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 {
			t.Fatalf("%d lines, want 3:\n%s", len(lines), &out)
		}
		var first, second Answer
		var sum Summary
		for i, v := range []any{&first, &second, &sum} {
			if err := json.Unmarshal([]byte(lines[i]), v); err != nil {
				t.Errorf("line %d: %v", i, err)
			}
		}
		if !first.Answered || first.RTTSeconds != 0.001 || second.Answered || sum.Sent != 2 || sum.Received != 1 {
			t.Errorf("%+v\n%+v\n%+v", first, second, sum)
		}
	})
}
