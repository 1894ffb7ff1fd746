package sim

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// TestTimersOfOneInstantHaveOneTrace lets programs of one host write at the
// same instant, each on a connection of its own, and loses what they write. Go
// has them set their retransmission timers in any order, which must not show.
func TestTimersOfOneInstantHaveOneTrace(t *testing.T) {
	const programs, runs = 10, 10
	traces := map[string]int{}
	for range runs {
		link10.Test(t, func(t *testing.T, w *World) {
			srv, cli := w.Host("srv"), w.Host("cli")
			l := Must(srv.Listen("tcp", ":7"))
			var conns []net.Conn
			for range programs {
				conns = append(conns, w.Must(cli.Dial("tcp", "srv:7")))
				Must(l.Accept())
			}
			w.RunFor(time.Second)
			lost := w.Fault(fault.Partition{A: []string{"cli"}, End: w.Now() + time.Second})
			begin := make(chan struct{})
			for _, c := range conns {
				go func() {
					<-begin
					c.Write([]byte(strings.Repeat("x", 3000)))
				}()
			}
			w.Wait()
			close(begin)
			w.RunFor(5 * time.Second)
			if lost.Hits() < 2*programs {
				t.Errorf("%d packets were lost, want all that was written and repeated", lost.Hits())
			}
			traces[w.Hash()]++
		})
	}
	if len(traces) != 1 {
		t.Errorf("%d traces in %d runs: %v", len(traces), runs, traces)
	}
}
