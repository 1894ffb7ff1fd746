package test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// TestSimPoolServesAndLosesPatience lets a pool answer one client while
// another connection waits for the only slot, and then ends the patience of
// Shutdown with a timer of the bubble.
func TestSimPoolServesAndLosesPatience(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		server, client := b.node(1), b.node(0)
		defer server.Close()
		defer client.Close()
		p, err := pool.Start(pool.Config{
			Node: server, Port: int(simRemote.Port()),
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
		})
		if err != nil {
			b.t.Error(err)
			return
		}
		bert := client.NewOwner("bert")
		ask := func() (s *transport.Socket, took time.Duration) {
			s, err := simConnect(bert, transport.Infinity)
			if err != nil {
				b.t.Error(err)
				return nil, 0
			}
			passed := stopwatch()
			if err := bert.TCP().Send(s, []byte("hello")); err != nil {
				b.t.Error(err)
			}
			if got, err := bert.TCP().Receive(s, 5, transport.Infinity); string(got.Data) != "hello" {
				b.t.Errorf("%q, %v", got.Data, err)
			}
			return s, passed()
		}
		first, took := ask()
		if took != 2*simDelay {
			b.t.Errorf("the first was answered after %v, want %v", took, 2*simDelay)
		}
		time.AfterFunc(time.Second, func() { _ = bert.TCP().Close(first) })
		// Connecting takes a round trip of that second; the first's FIN and then
		// the answer, one way each, add it again.
		if _, took = ask(); took != time.Second {
			b.t.Errorf("the second was answered after %v, want 1s", took)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		simCall{"Shutdown", func() error { return p.Shutdown(ctx) }, context.DeadlineExceeded, 1500 * time.Millisecond}.check(b.t)
		<-p.Done()
		if info := p.Info(); info.Served != 2 || info.Active != 0 {
			b.t.Errorf("%+v", info)
		}
	})
}
