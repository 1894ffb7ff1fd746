package test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
)

// A medium makes connected pairs for the benchmarks.
type medium struct {
	name string
	open func(b *testing.B) (client, server net.Conn)
}

var media = []medium{
	{"pipe", func(b *testing.B) (net.Conn, net.Conn) {
		near, far := pipeStacks(b, netstack.Config{})
		return connected(b, near.DialContext, mustServe(b, far.Listen, "192.0.2.2:0"))
	}},
	{"kernel", func(b *testing.B) (net.Conn, net.Conn) {
		return connected(b, new(net.Dialer).DialContext, mustServe(b, new(net.ListenConfig).Listen, "127.0.0.1:0"))
	}},
	{"net.Pipe", func(b *testing.B) (net.Conn, net.Conn) {
		c, s := net.Pipe()
		b.Cleanup(func() { c.Close(); s.Close() })
		return c, s
	}},
}

type (
	dialFunc   func(ctx context.Context, network, address string) (net.Conn, error)
	listenFunc func(ctx context.Context, network, address string) (net.Listener, error)
)

func mustServe(b *testing.B, listen listenFunc, address string) net.Listener {
	b.Helper()
	l, err := listen(context.Background(), "tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}

// connected is one connection to l and its other end.
func connected(b *testing.B, dial dialFunc, l net.Listener) (client, server net.Conn) {
	b.Helper()
	client, err := dial(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// BenchmarkThroughput moves bytes one way, 64 KiB per Write and Read.
func BenchmarkThroughput(b *testing.B) {
	for _, m := range media {
		b.Run(m.name, func(b *testing.B) {
			client, server := m.open(b)
			const piece = 64 << 10
			b.SetBytes(piece)
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				buf := make([]byte, piece)
				for range b.N {
					if _, err := client.Write(buf); err != nil {
						b.Error(err)
						return
					}
				}
			}()
			buf := make([]byte, piece)
			for left := int64(b.N) * piece; left > 0; {
				n, err := server.Read(buf)
				if err != nil {
					b.Fatal(err)
				}
				left -= int64(n)
			}
		})
	}
}

// BenchmarkRoundTrip sends one byte and waits for one.
func BenchmarkRoundTrip(b *testing.B) {
	for _, m := range media {
		b.Run(m.name, func(b *testing.B) {
			client, server := m.open(b)
			go io.Copy(server, server)
			buf := make([]byte, 1)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := client.Write(buf); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(client, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkConnect dials, accepts and resets, one connection at a time. The
// reset spares both worlds TIME-WAIT, which would use the ports up.
func BenchmarkConnect(b *testing.B) {
	run := func(b *testing.B, dial dialFunc, l net.Listener) {
		b.ReportAllocs()
		for range b.N {
			c, err := dial(context.Background(), "tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			c.(interface{ SetLinger(int) error }).SetLinger(0)
			c.Close()
			s.Close()
		}
	}
	b.Run("pipe", func(b *testing.B) {
		near, far := pipeStacks(b, netstack.Config{})
		run(b, near.DialContext, mustServe(b, far.Listen, "192.0.2.2:0"))
	})
	b.Run("kernel", func(b *testing.B) {
		run(b, new(net.Dialer).DialContext, mustServe(b, new(net.ListenConfig).Listen, "127.0.0.1:0"))
	})
}

// BenchmarkIdle reports what an idle connection costs: bytes of heap and
// goroutines, both ends together.
func BenchmarkIdle(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				idle(b, n)
			}
		})
	}
}

func idle(b *testing.B, n int) {
	near, far := pipeStacks(b, netstack.Config{})
	defer near.Close()
	defer far.Close()
	l := mustServe(b, far.Listen, "192.0.2.2:80")
	heap, goroutines := heapInUse(), runtime.NumGoroutine()
	for range n {
		connected(b, near.DialContext, l)
	}
	wait.Until(b, func() bool { return far.Stats().Sockets.Open >= n }, "all connections are open")
	b.ReportMetric(float64(heapInUse()-heap)/float64(n), "heap-B/conn")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/float64(n), "goroutines/conn")
	b.ReportMetric(0, "ns/op")
}
