package netstack

import (
	"net"
	"sync"
	"testing"
	"time"
)

// TestOptionsBesideTheEnd sets and reads everything that a Conn has while the
// connection is made, carries data, and ends in one of several ways: nothing
// may panic or race, whatever state the endpoint is in.
func TestOptionsBesideTheEnd(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 10
	}
	ends := []func(near, far *Conn){
		func(near, far *Conn) { near.Close(); far.Close() },
		func(near, far *Conn) { far.Close(); near.Close() },
		func(near, far *Conn) { near.Abort(); far.Abort() },
		func(near, far *Conn) { far.Abort(); near.Close() },
		func(near, far *Conn) { near.CloseWrite(); far.CloseWrite(); near.Close(); far.Close() },
		func(near, far *Conn) { near.SetLinger(0); near.Close(); far.Close() },
		func(near, far *Conn) { near.h.stack.Close() },
	}
	for _, end := range ends {
		a, b := newPair(t, 1500)
		l := mustListen(t, b, port80, ListenOptions{})
		for range rounds {
			near, err := a.DialTCP(testContext(t), port80, DialOptions{})
			if err != nil {
				break // the last way to end is that of the stack
			}
			far := mustAccept(t, l)
			near.Write(make([]byte, 5000))
			var all sync.WaitGroup
			done := make(chan struct{})
			for _, c := range []*Conn{near, far} {
				all.Go(func() {
					for {
						useEverything(c)
						select {
						case <-done:
							useEverything(c)
							return
						default:
						}
					}
				})
			}
			end(near, far)
			close(done)
			all.Wait()
			far.Close()
		}
	}
}

// useEverything sets and reads the options of c; that they may fail is no
// matter here.
func useEverything(c *Conn) {
	c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true})
	c.SetKeepAlivePeriod(time.Minute)
	c.SetUserTimeout(time.Minute)
	c.SetNoDelay(false)
	c.SetNoDelay(true)
	c.SetReadBuffer(1 << 16)
	c.SetWriteBuffer(1 << 16)
	c.SetTTL(60)
	c.SetTrafficClass(8)
	c.SetReadDeadline(time.Time{})
	c.TCPInfo()
	c.ReadBuffer()
	c.WriteBuffer()
	c.KeepAlive()
	c.NoDelay()
	c.TTL()
	c.TrafficClass()
	c.TryRead(make([]byte, 100))
	c.TryWrite([]byte("x"))
	c.h.stack.Sockets()
	c.h.stack.Stats()
}
