package onstack_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// A pool serves on one stack, and a client of ordinary Go networking talks to
// it from another; no socket of the operating system is involved.
func ExampleNew() {
	a, b := netstack.Pipe(1500)
	server, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{
		Link: a, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{
		Link: b, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24")},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	if err := serve(server); err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.DialContext(context.Background(), "tcp", "192.0.2.1:7")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Fprintln(c, "hello")
	answer, err := io.ReadAll(c)
	fmt.Printf("%s%v", answer, err)
	// Output:
	// you said: hello
	// <nil>
}

// serve answers one line per connection, until the stack is closed.
func serve(s *netstack.Stack) error {
	node, err := transport.NewNode(transport.Config{Network: onstack.New(s)})
	if err != nil {
		return err
	}
	_, err = pool.Start(pool.Config{
		Node:    node,
		Port:    7,
		Options: []transport.Option{transport.Packet(transport.PacketLine)},
		Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
			line, err := tcp.Receive(s, 0, transport.Infinity)
			if err == nil {
				_ = tcp.Send(s, []any{"you said: ", line.Data})
			}
		},
	})
	return err
}
