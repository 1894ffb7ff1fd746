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
			server, accepted, client, dialled := benchPair(b, Active(c.active), Buffer(chunk))
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
			server, accepted, client, dialled := benchPair(b, Active(c.active), NoDelay(true))
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

// benchPair returns both ends of a connection over the kernel's loopback, with
// the same options.
func benchPair(b *testing.B, opts ...Option) (server *Owner, accepted *Socket, client *Owner, dialled *Socket) {
	b.Helper()
	n, err := NewNode(Config{Network: Kernel()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Close() })
	server, client = n.NewOwner("server"), n.NewOwner("client")
	l, err := server.TCP().Listen(0, append([]Option{IPLoopback()}, opts...)...)
	if err != nil {
		b.Fatal(err)
	}
	addr, err := server.TCP().SockName(l)
	if err != nil {
		b.Fatal(err)
	}
	if dialled, err = client.TCP().Connect(addr, Infinity, opts...); err != nil {
		b.Fatal(err)
	}
	if accepted, err = server.TCP().Accept(l, Infinity); err != nil {
		b.Fatal(err)
	}
	return server, accepted, client, dialled
}
