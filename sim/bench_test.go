package sim

import (
	"io"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
)

// bulkBytes is how much the bulk world carries.
const bulkBytes = 16 << 20

// bulk carries bulkBytes from one host to another, cooperatively.
func bulk(b *testing.B, cfg Config) {
	b.ReportAllocs()
	var packets uint64
	for b.Loop() {
		w, err := New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		packets += bulkOnce(b, w)
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(packets)/b.Elapsed().Seconds(), "packets/s")
}

func bulkOnce(b testing.TB, w *World) uint64 {
	srv, cli := w.Host("srv"), w.Host("cli")
	l := Must(srv.Listen("tcp", ":80"))
	srv.Go("sink", func() {
		c := Must(l.Accept())
		if n, err := io.Copy(io.Discard, c); n != bulkBytes || err != nil {
			b.Errorf("got %d bytes, %v", n, err)
		}
		c.Close()
	})
	c := w.Must(cli.Dial("tcp", "srv:80"))
	data := make([]byte, 64<<10)
	for range bulkBytes / len(data) {
		if _, err := c.Write(data); err != nil {
			b.Fatal(err)
		}
	}
	c.Close()
	w.Settle()
	return w.Trace().Packets()
}

// bulkPath is a line of 100 Mbit/s with a router's small queue.
var bulkPath = PathConfig{Delay: 5 * time.Millisecond, BitsPerSecond: 100_000_000, Queue: Queue{Packets: 64}}

func BenchmarkBulk(b *testing.B) {
	for _, row := range []struct {
		name string
		cfg  Config
	}{
		{"default", Config{Path: bulkPath, Trace: engine.TraceConfig{Ring: 64}}},
		{"hash=off", Config{Path: bulkPath, Trace: engine.TraceConfig{Ring: 64, NoHash: true}}},
		{"settling=off", Config{Path: bulkPath, Trace: engine.TraceConfig{Ring: 64}, without: controls{settling: true}}},
		{"records=kept", Config{Path: bulkPath}},
	} {
		b.Run(row.name, func(b *testing.B) { bulk(b, row.cfg) })
	}
}
