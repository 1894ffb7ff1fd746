//go:build linux && !android

package test

import (
	"fmt"
	"testing"
	"time"
)

// stallBytes is more than all buffers between two ends take, so that the
// receiver's window closes.
const stallBytes = 24 << 20

// stall is how long a receiver does not read.
func stall() time.Duration {
	switch {
	case *long:
		return 30 * time.Second
	case testing.Short():
		return 100 * time.Millisecond
	}
	return time.Second
}

// TestStalledReceiver has a receiver that does not read for a while: its
// window closes, the sender probes it (RFC 9293 section 3.8.6.1), and
// everything arrives when reading goes on.
func TestStalledReceiver(t *testing.T) {
	t.Run("pipe", func(t *testing.T) {
		client, server, stop, err := pipeConns(t, "192.0.2.2:0")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		stalledTransfer(t, tunConn(t, client), tunConn(t, server))
	})
	t.Run("TUN", func(t *testing.T) {
		inTUNNamespace(t, func(t *testing.T) {
			b := newTUNBed(t, 1500)
			t.Run("paths", func(t *testing.T) { // ends with the last of them
				for _, p := range b.paths() {
					t.Run(fmt.Sprint(p), func(t *testing.T) {
						t.Parallel()
						client, server := p.connect(t)
						stalledTransfer(t, client, server)
					})
				}
			})
		})
	})
}

func stalledTransfer(t *testing.T, sender, receiver halfConn) {
	t.Helper()
	sent := make(chan error, 1)
	go func() { sent <- sendStream(sender, 1, stallBytes) }()
	select {
	case err := <-sent:
		t.Errorf("all was sent while nobody read (error %v): the window has not closed", err)
		sent <- err
	case <-time.After(stall()):
	}
	if err := receiveStream(receiver, 1, stallBytes); err != nil {
		t.Errorf("receiving: %v", err)
		sender.Close() // it may wait for a reader
	}
	if err := <-sent; err != nil {
		t.Errorf("sending: %v", err)
	}
}
