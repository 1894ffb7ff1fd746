package ladder

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// chart draws a few packets between the given hosts.
func chart(t *testing.T, cfg ChartConfig) string {
	t.Helper()
	var out strings.Builder
	c, err := NewChart(&out, cfg)
	if err != nil {
		t.Fatal(err)
	}
	last := len(cfg.Hosts) - 1
	c.Heading()
	c.Arrow(Arrow{Arrived: 10 * time.Millisecond, From: 0, To: last, Labels: []string{"SYN seq 0"}, Note: "asks for a connection"})
	c.Arrow(Arrow{
		Sent: 10 * time.Millisecond, Arrived: -1, From: last, To: 0, Lost: true,
		Labels: []string{"SYN ACK seq 0 ack 1", "SYN ACK"}, Note: "lost: drop flags=syn+ack nth=1",
	})
	c.Remark(500*time.Millisecond, "the last host pauses")
	c.Arrow(Arrow{Sent: 13 * time.Minute, Arrived: -1, From: 0, To: last, Labels: []string{"PSH ACK seq 100001 ack 1 len 1448", "PSH ACK 1448", "1448"}})
	c.Arrow(Arrow{Sent: 13 * time.Minute, Arrived: -1, From: last, To: last, Labels: []string{"RST"}, Note: "no way leads there, " + strings.Repeat("long ", 12)})
	c.Arrow(Arrow{Sent: 13 * time.Minute, Arrived: 13*time.Minute + 1, From: -4, To: 99, Labels: nil})
	if err := c.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const wantChart2 = `
    sent ms    arrived client                               server
      0.000     10.000 │─ SYN seq 0 ────────────────────────────▶│  asks for a connection
     10.000       lost │              ╳──── SYN ACK seq 0 ack 1 ─│  lost: drop flags=syn+ack nth=1
    500.000            │                                         │  * the last host pauses
 780000.000            │─ PSH ACK seq 100001 ack 1 len 1448 ────▶│
 780000.000       lost │              ╳──────────────────── RST ─│  no way leads there, long long long long long long
                       │                                         │  long long long long long long
 780000.000 780000.000 │────────────────────────────────────────▶│
`

const wantChart3 = `
    sent ms    arrived client                       router                        server
      0.000     10.000 │─ SYN seq 0 ───────────────────┼──────────────────────────────▶│  asks for a connection
     10.000       lost │                     ╳─────────┼───────── SYN ACK seq 0 ack 1 ─│  lost: drop flags=syn+ack nth=1
`

func TestChart(t *testing.T) {
	if got := "\n" + chart(t, ChartConfig{Hosts: []string{"client", "server"}}); got != wantChart2 {
		t.Errorf("drew%s\nwant%s", got, wantChart2)
	}
	got := "\n" + chart(t, ChartConfig{Hosts: []string{"client", "router", "server"}})
	if !strings.HasPrefix(got, wantChart3) {
		t.Errorf("drew%s\nwant%s and more", got, wantChart3)
	}
}

func TestChartFitsIntoItsColumns(t *testing.T) {
	names := []string{"a host with a long name", "b", "another host with a long name", "d", "e", "the last host of them all"}
	for n := 1; n <= ChartHostsMax; n++ {
		got := chart(t, ChartConfig{Hosts: names[:n]})
		for _, row := range strings.Split(got, "\n") {
			if columns := utf8.RuneCountInString(row); columns > chartColumns {
				t.Errorf("%d hosts: row of %d columns: %s", n, columns, row)
			}
			if strings.HasSuffix(row, " ") {
				t.Errorf("%d hosts: row ends with a space: %q", n, row)
			}
		}
		colour := chart(t, ChartConfig{Hosts: names[:n], Colour: true})
		plain := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(colour, "")
		if colour == got || plain != got {
			t.Errorf("%d hosts: with colour taken away\n%s\nwant\n%s", n, plain, got)
		}
	}
}

func TestChartRefusesTooManyHosts(t *testing.T) {
	for _, hosts := range [][]string{nil, make([]string, ChartHostsMax+1)} {
		if _, err := NewChart(&strings.Builder{}, ChartConfig{Hosts: hosts}); err == nil || !strings.Contains(err.Error(), "ChartConfig.Hosts") {
			t.Errorf("%d hosts: %v", len(hosts), err)
		}
	}
	c, err := NewChart(brokenWriter{}, ChartConfig{Hosts: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	c.Heading()
	c.Remark(0, "more")
	if !errors.Is(c.Err(), errBroken) {
		t.Errorf("Err: %v, want the writer's", c.Err())
	}
}
