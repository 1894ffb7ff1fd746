//go:build linux || darwin || freebsd

package transport

import "testing"

// BenchmarkReceive compares active with passive delivery of one stream over
// the kernel's loopback.
func BenchmarkReceive(b *testing.B) {
	const chunk = 64 << 10
	for _, c := range []struct {
		name   string
		active bool
		next   func(o *Owner, s *Socket) (int, error)
	}{
		{"passive", false, func(o *Owner, s *Socket) (int, error) {
			p, err := o.TCP().Receive(s, 0, Infinity)
			return len(p.Data), err
		}},
		{"active", true, func(o *Owner, _ *Socket) (int, error) {
			m, err := o.Receive(Infinity)
			if err != nil {
				return 0, err
			}
			return len(m.(Data).Payload.Data), nil
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			n, err := NewNode(Config{Network: Kernel()})
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close()
			server, client := n.NewOwner("server"), n.NewOwner("client")
			l, err := server.TCP().Listen(0, IPLoopback(), Active(c.active), Buffer(chunk))
			if err != nil {
				b.Fatal(err)
			}
			addr, err := server.TCP().SockName(l)
			if err != nil {
				b.Fatal(err)
			}
			dialled, err := client.TCP().Connect(addr, Infinity, Active(false))
			if err != nil {
				b.Fatal(err)
			}
			accepted, err := server.TCP().Accept(l, Infinity)
			if err != nil {
				b.Fatal(err)
			}
			sent := make(chan error, 1)
			go func() { sent <- sendChunks(client.TCP(), dialled, b.N, make([]byte, chunk)) }()
			b.SetBytes(chunk)
			b.ReportAllocs()
			for got := 0; got < b.N*chunk; {
				m, err := c.next(server, accepted)
				if err != nil {
					b.Fatal(err)
				}
				got += m
			}
			if err := <-sent; err != nil {
				b.Error(err)
			}
		})
	}
}

func sendChunks(tcp *TCP, s *Socket, n int, chunk []byte) error {
	for range n {
		if err := tcp.Send(s, chunk); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkRoundTrip is one byte there and back: every receive waits, so the
// allocations are those of waiting.
func BenchmarkRoundTrip(b *testing.B) {
	for _, c := range []struct {
		name   string
		active bool
	}{{"passive", false}, {"active", true}} {
		b.Run(c.name, func(b *testing.B) {
			n, err := NewNode(Config{Network: Kernel()})
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close()
			server, client := n.NewOwner("server"), n.NewOwner("client")
			l, err := server.TCP().Listen(0, IPLoopback(), Active(c.active), NoDelay(true))
			if err != nil {
				b.Fatal(err)
			}
			addr, err := server.TCP().SockName(l)
			if err != nil {
				b.Fatal(err)
			}
			dialled, err := client.TCP().Connect(addr, Infinity, Active(c.active), NoDelay(true))
			if err != nil {
				b.Fatal(err)
			}
			accepted, err := server.TCP().Accept(l, Infinity)
			if err != nil {
				b.Fatal(err)
			}
			go func() {
				for next(server, accepted, c.active) == nil && server.TCP().Send(accepted, []byte("x")) == nil {
				}
			}()
			b.ReportAllocs()
			for b.Loop() {
				if err := client.TCP().Send(dialled, []byte("x")); err != nil {
					b.Fatal(err)
				}
				if err := next(client, dialled, c.active); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// next takes what has come as a message or by Receive.
func next(o *Owner, s *Socket, active bool) error {
	if active {
		_, err := o.Receive(Infinity)
		return err
	}
	_, err := o.TCP().Receive(s, 0, Infinity)
	return err
}
