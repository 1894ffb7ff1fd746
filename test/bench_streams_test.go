package test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
)

// pairs are the media on which a benchmark opens as many connections as it
// likes.
var pairs = []struct {
	name string
	open func(b *testing.B) (dialFunc, net.Listener)
}{
	{"pipe", func(b *testing.B) (dialFunc, net.Listener) {
		// Without TIME-WAIT, which would use the ports up.
		near, far := pipeStacks(b, netstack.Config{TCP: netstack.TCPConfig{TimeWait: -1}})
		return near.DialContext, mustServe(b, far.Listen, "192.0.2.2:0")
	}},
	{"kernel", func(b *testing.B) (dialFunc, net.Listener) {
		return new(net.Dialer).DialContext, mustServe(b, new(net.ListenConfig).Listen, "127.0.0.1:0")
	}},
}

// BenchmarkStreams moves bytes over 1000 connections at once, in pieces of 64
// KiB. It reports how evenly they got their share: Jain's index, of which 1 is
// perfect, and the least share against the mean.
func BenchmarkStreams(b *testing.B) {
	const streams = 1000
	for _, m := range pairs {
		b.Run(m.name, func(b *testing.B) {
			dial, l := m.open(b)
			clients, servers := make([]net.Conn, streams), make([]net.Conn, streams)
			for i := range streams {
				clients[i], servers[i] = connected(b, dial, l)
			}
			b.ReportAllocs()
			pull(b, clients, servers)
		})
	}
}

// pull reads from the clients what is written to the servers, until b.N
// pieces have come.
func pull(b *testing.B, clients, servers []net.Conn) {
	const piece = 64 << 10
	b.SetBytes(piece)
	shares := make([]int64, len(clients))
	var left atomic.Int64
	left.Store(int64(b.N) * piece)
	var running sync.WaitGroup
	start, enough := make(chan struct{}), make(chan struct{})
	for i := range clients {
		running.Add(2)
		go func() { // ends with its connection
			defer running.Done()
			buf := make([]byte, piece)
			<-start
			for {
				if _, err := servers[i].Write(buf); err != nil {
					return
				}
			}
		}()
		go func() {
			defer running.Done()
			buf := make([]byte, piece)
			<-start
			for left.Load() > 0 {
				n, err := clients[i].Read(buf)
				if err != nil {
					return
				}
				shares[i] += int64(n)
				if now := left.Add(-int64(n)); now <= 0 && now > -int64(n) {
					b.StopTimer()
					close(enough)
				}
			}
		}()
	}
	b.ResetTimer()
	close(start)
	<-enough
	for i := range clients {
		clients[i].Close()
		servers[i].Close()
	}
	running.Wait()
	reportShares(b, shares)
}

func reportShares(b *testing.B, shares []int64) {
	var sum, squares float64
	least := shares[0]
	for _, n := range shares {
		sum += float64(n)
		squares += float64(n) * float64(n)
		least = min(least, n)
	}
	b.ReportMetric(sum*sum/squares/float64(len(shares)), "jain")
	b.ReportMetric(float64(least)*float64(len(shares))/sum, "least-share")
}

// BenchmarkConnections has 16 workers that connect, send a byte each way and
// close. Each client resets, which spares the kernel TIME-WAIT.
func BenchmarkConnections(b *testing.B) {
	const workers = 16
	for _, m := range pairs {
		b.Run(m.name, func(b *testing.B) {
			dial, l := m.open(b)
			go func() { // ends with the listener
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go answer(c)
				}
			}()
			b.ReportAllocs()
			b.ResetTimer()
			var left atomic.Int64
			left.Store(int64(b.N))
			var running sync.WaitGroup
			for range workers {
				running.Add(1)
				go func() {
					defer running.Done()
					for left.Add(-1) >= 0 {
						if err := ask(dial, l.Addr().String()); err != nil {
							b.Error(err)
							return
						}
					}
				}()
			}
			running.Wait()
		})
	}
}

// ask sends a byte, waits for one and ends the connection.
func ask(dial dialFunc, address string) error {
	c, err := dial(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	buf := make([]byte, 1)
	if _, err := c.Write(buf); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, buf); err != nil {
		return err
	}
	return c.(interface{ SetLinger(int) error }).SetLinger(0)
}

// answer gives back the byte of ask and waits for the end.
func answer(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 1)
	if _, err := io.ReadFull(c, buf); err != nil {
		return
	}
	if _, err := c.Write(buf); err != nil {
		return
	}
	c.Read(buf) // the reset
}
