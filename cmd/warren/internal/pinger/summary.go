package pinger

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
)

// Answer tells how one request ended.
type Answer struct {
	Sequence   uint16     `json:"sequence"`
	Answered   bool       `json:"answered"`
	From       netip.Addr `json:"from,omitzero"`
	Bytes      int        `json:"payload_bytes,omitempty"`
	TTL        int        `json:"ttl,omitempty"`
	RTTSeconds float64    `json:"rtt_seconds,omitempty"`
	Reason     string     `json:"reason,omitempty"` // why From says that there is no answer

	rtt time.Duration
}

// String is a line in the manner of ping(8).
func (a Answer) String() string {
	if !a.Answered {
		if a.Reason != "" {
			return fmt.Sprintf("no answer: seq=%d, %s", a.Sequence, a.Reason)
		}
		return fmt.Sprintf("no answer: seq=%d", a.Sequence)
	}
	return fmt.Sprintf("%s from %v: seq=%d ttl=%d time=%s", count.Of(a.Bytes, "byte"), a.From, a.Sequence, a.TTL, milliseconds(a.rtt))
}

// Summary counts what has been sent and answered.
type Summary struct {
	To         netip.Addr `json:"to"`
	Sent       int        `json:"sent"`
	Received   int        `json:"received"`
	MinSeconds float64    `json:"rtt_min_seconds,omitempty"`
	AvgSeconds float64    `json:"rtt_avg_seconds,omitempty"`
	MaxSeconds float64    `json:"rtt_max_seconds,omitempty"`

	least, most, total time.Duration
}

func (s *Summary) add(a Answer) {
	s.Sent++
	if !a.Answered {
		return
	}
	if s.Received == 0 || a.rtt < s.least {
		s.least = a.rtt
	}
	s.most = max(s.most, a.rtt)
	s.total += a.rtt
	s.Received++
}

// finish fills in what is computed from the rest.
func (s *Summary) finish() *Summary {
	if s.Received > 0 {
		s.MinSeconds = s.least.Seconds()
		s.AvgSeconds = s.average().Seconds()
		s.MaxSeconds = s.most.Seconds()
	}
	return s
}

func (s *Summary) average() time.Duration { return s.total / time.Duration(max(s.Received, 1)) }

// String is the summary in the manner of ping(8).
func (s *Summary) String() string {
	loss := 0
	if s.Sent > 0 {
		loss = 100 * (s.Sent - s.Received) / s.Sent
	}
	text := fmt.Sprintf("\n%v: %d sent, %d answered, %d%% lost", s.To, s.Sent, s.Received, loss)
	if s.Received > 0 {
		text += fmt.Sprintf("\nround trip min/avg/max %s/%s/%s", milliseconds(s.least), milliseconds(s.average()), milliseconds(s.most))
	}
	return text
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.3fms", float64(d)/float64(time.Millisecond))
}
