package test

import (
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// BenchmarkTransport moves one stream over a pipe, 64 KiB per Send, and reads
// it from the stack's own Conn, by Receive, and as messages, the latter two with
// and without giving the memory back: the difference is what package transport
// adds.
func BenchmarkTransport(b *testing.B) {
	const piece = 64 << 10
	b.Run("netstack", func(b *testing.B) {
		near, far := pipeStacks(b, netstack.Config{})
		client, server := connected(b, near.DialContext, mustServe(b, far.Listen, "192.0.2.2:0"))
		buf := make([]byte, piece)
		move(b, piece, func(p []byte) error {
			_, err := client.Write(p)
			return err
		}, func() (int, error) { return server.Read(buf) })
	})
	for _, c := range []struct {
		name            string
		active, release bool
	}{
		{"passive", false, false}, {"passive-release", false, true},
		{"active", true, false}, {"active-release", true, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			owner, accepted, sender, dialled := transportPair(b, transport.Active(c.active), transport.Buffer(piece))
			move(b, piece, func(p []byte) error { return sender.TCP().Send(dialled, p) }, func() (int, error) {
				p, err := nextPayload(owner, accepted, c.active)
				if c.release {
					p.Release()
				}
				return len(p.Data), err
			})
		})
	}
}

// nextPayload takes what has come as a message or by Receive.
func nextPayload(o *transport.Owner, s *transport.Socket, active bool) (transport.Payload, error) {
	if !active {
		return o.TCP().Receive(s, 0, transport.Infinity)
	}
	m, err := o.Receive(transport.Infinity)
	if err != nil {
		return transport.Payload{}, err
	}
	return m.(transport.Data).Payload, nil
}

// move sends b.N pieces and receives them.
func move(b *testing.B, piece int, send func([]byte) error, receive func() (int, error)) {
	b.SetBytes(int64(piece))
	b.ReportAllocs()
	b.ResetTimer()
	sent := make(chan error, 1)
	go func() {
		buf := make([]byte, piece)
		for range b.N {
			if err := send(buf); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for left := b.N * piece; left > 0; {
		n, err := receive()
		if err != nil {
			b.Fatal(err)
		}
		left -= n
	}
	if err := <-sent; err != nil {
		b.Error(err)
	}
}

// transportPair returns both ends of a connection over a pipe, with the same
// options.
func transportPair(b *testing.B, opts ...transport.Option) (server *transport.Owner, accepted *transport.Socket, client *transport.Owner, dialled *transport.Socket) {
	b.Helper()
	near, far := pipeStacks(b, netstack.Config{})
	owner := func(s *netstack.Stack) *transport.Owner {
		n, err := transport.NewNode(transport.Config{Network: onstack.New(s)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { n.Close() })
		return n.NewOwner("")
	}
	client, server = owner(near), owner(far)
	l, err := server.TCP().Listen(4000, opts...)
	if err != nil {
		b.Fatal(err)
	}
	if dialled, err = client.TCP().Connect(netip.AddrPortFrom(pipeFar[0].Addr(), 4000), transport.Infinity, opts...); err != nil {
		b.Fatal(err)
	}
	if accepted, err = server.TCP().Accept(l, transport.Infinity); err != nil {
		b.Fatal(err)
	}
	return server, accepted, client, dialled
}
