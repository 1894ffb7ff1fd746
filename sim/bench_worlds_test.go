package sim

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// BenchmarkHosts shows what a host costs.
func BenchmarkHosts(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint("n=", n), func(b *testing.B) {
			var bytes, goroutines int
			for b.Loop() {
				before, running := heap(), runtime.NumGoroutine()
				w := Must(New(Config{}))
				for i := range n {
					w.Host(fmt.Sprint("host", i))
				}
				bytes += heap() - before
				goroutines += runtime.NumGoroutine() - running
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(bytes)/float64(b.N*n), "heap-B/host")
			b.ReportMetric(float64(goroutines)/float64(b.N*n), "goroutines/host")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*n)*1e6, "us/host")
		})
	}
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// BenchmarkWorlds shows how much faster than the clock on the wall five
// standard worlds are, and how many packets and events they process.
func BenchmarkWorlds(b *testing.B) {
	for _, row := range []struct {
		name string
		cfg  Config
		run  func(b *testing.B, w *World)
	}{
		{"bulk", Config{Path: bulkPath}, func(b *testing.B, w *World) { bulkOnce(b, w) }},
		{"bulk-loss=1%", Config{Path: bulkPath}, func(b *testing.B, w *World) {
			w.Fault(fault.Loss{Chance: 10_000})
			bulkOnce(b, w)
		}},
		{"echo-hosts=100", Config{Path: PathConfig{Delay: 20 * time.Millisecond}}, echoOfMany},
		{"retransmit-until-timeout", Config{Path: PathConfig{Delay: 10 * time.Millisecond}}, cutOff},
		{"keepalive-one-day", Config{Path: PathConfig{Delay: 10 * time.Millisecond}}, oneDay},
	} {
		b.Run(row.name, func(b *testing.B) {
			var packets, events uint64
			var virtual time.Duration
			for b.Loop() {
				w := Must(New(row.cfg))
				row.run(b, w)
				packets, events, virtual = packets+w.Trace().Packets(), events+w.Events(), virtual+w.Now()
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			wall := b.Elapsed().Seconds()
			b.ReportMetric(virtual.Seconds()/wall, "virtual-s/s")
			b.ReportMetric(float64(packets)/wall, "packets/s")
			b.ReportMetric(float64(events)/wall, "events/s")
		})
	}
}

// echo serves RFC 862 on a host.
func echo(h *Host) {
	l := Must(h.Listen("tcp", ":7"))
	h.Go("echo", func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.Go("echo connection", func() { io.Copy(c, c); c.Close() })
		}
	})
}

// echoOfMany lets 99 clients exchange 100 messages each with one server.
func echoOfMany(b *testing.B, w *World) {
	echo(w.Host("srv"))
	for i := range 99 {
		h := w.Host(fmt.Sprint("cli", i))
		h.Go("client", func() {
			c := w.Must(h.Dial("tcp", "srv:7"))
			buf := make([]byte, 100)
			for range 100 {
				if _, err := c.Write(buf); err != nil {
					b.Error(err)
				}
				if _, err := io.ReadFull(c, buf); err != nil {
					b.Error(err)
				}
			}
			c.Close()
		})
	}
	w.RunFor(time.Minute)
}

// cutOff waits until TCP gives up.
func cutOff(b *testing.B, w *World) {
	cli := w.Host("cli")
	echo(w.Host("srv"))
	c := w.Must(cli.Dial("tcp", "srv:7"))
	w.Fault(fault.Partition{A: []string{"cli"}})
	if _, err := c.Write([]byte("x")); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		b.Fatal("the read ended well")
	}
}

// oneDay keeps ten idle connections alive.
func oneDay(b *testing.B, w *World) {
	cli := w.Host("cli")
	echo(w.Host("srv"))
	for range 10 {
		c := w.Must(cli.Dial("tcp", "srv:7")).(*netstack.Conn)
		if err := c.SetKeepAlivePeriod(15 * time.Second); err != nil {
			b.Fatal(err)
		}
		if err := c.SetKeepAlive(true); err != nil {
			b.Fatal(err)
		}
	}
	w.RunFor(24 * time.Hour)
}
