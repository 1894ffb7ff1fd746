package sim

import (
	"context"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// TestPoolServesAndLosesPatience lets a pool answer one client while another
// connection waits for the only slot, and then ends the patience of Shutdown
// with a timer of the bubble.
func TestPoolServesAndLosesPatience(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		c := newContract(w)
		p := Must(pool.Start(pool.Config{
			Node: Must(c.srv.Transport()), Port: 7,
			Acceptors: 2, ConnectionsMax: 1,
			Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
				for { // deaf to the context
					data, err := tcp.Receive(s, 0, transport.Infinity)
					if err != nil {
						return
					}
					_ = tcp.Send(s, data.Data)
				}
			},
		}))
		ask := func() (s *transport.Socket, took time.Duration) {
			s = Must(c.connect(transport.Infinity))
			start := w.Now()
			if err := c.bert.TCP().Send(s, []byte("hello")); err != nil {
				t.Error(err)
			}
			if got, err := c.bert.TCP().Receive(s, 5, transport.Infinity); string(got.Data) != "hello" {
				t.Errorf("%q, %v", got.Data, err)
			}
			return s, w.Now() - start
		}
		first, took := ask()
		if took != 20*time.Millisecond {
			t.Errorf("the first was answered after %v, want a round trip", took)
		}
		time.AfterFunc(time.Second, func() { _ = c.bert.TCP().Close(first) })
		// Connecting takes a round trip of that second; the first's FIN and then
		// the answer, one way each, add it again.
		if _, took = ask(); took != time.Second {
			t.Errorf("the second was answered after %v, want 1s", took)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		call{"Shutdown", func() error { return p.Shutdown(ctx) }, context.DeadlineExceeded, 1500 * time.Millisecond}.check(t, w)
		<-p.Done()
		if info := p.Info(); info.Served != 2 || info.Active != 0 {
			t.Errorf("%+v", info)
		}
	})
}
