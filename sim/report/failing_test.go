package report_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// TestUpload fails, on purpose, where TestReportOfAFailingTest runs it: losses
// make an upload take longer than it may.
func TestUpload(t *testing.T) {
	if os.Getenv("WARREN_REPORT_FAIL") == "" {
		t.Skip("fails on purpose; TestReportOfAFailingTest runs it")
	}
	wan := sim.Config{Path: sim.PathConfig{
		Delay: 20 * time.Millisecond, BitsPerSecond: 8_000_000, Queue: sim.Queue{Packets: 30},
	}}
	wan.Test(t, func(t *testing.T, w *sim.World) {
		srv, cli := w.Host("server"), w.Host("client")
		w.Fault(fault.Drop{Select: fault.Select{Flags: fault.SYN, Without: fault.ACK, Nth: 1}})
		w.Fault(fault.Drop{Select: fault.Select{PayloadMin: 1000, Nth: 90}})
		l := sim.Must(srv.Listen("tcp", ":80"))
		go func() {
			c := sim.Must(l.Accept())
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Error(err)
			}
			c.Close()
		}()
		c := sim.Must(cli.Dial("tcp", "server:80"))
		if _, err := c.Write(bytes.Repeat([]byte("warren "), 60_000)); err != nil {
			t.Error(err)
		}
		cli.Note("all of it is written")
		c.Close()
		w.Settle()
		if took := w.Now(); took > time.Second {
			t.Errorf("the upload took %v, want at most 1s", took)
		}
	})
}
