package test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/netip"
	"syscall"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
	"github.com/seed-731cb71d/warren/tun/tuntest"
)

// The bodies of these examples are the README's snippets; a test compares
// them.

// check ends the example with an error that it does not expect.
func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}

// Unmodified net/http between two hosts that exist only in this process.
func Example_test() {
	ctx := context.Background()
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s", r.RemoteAddr[:8])
	})

	host := func(link netstack.Link, address string) *netstack.Stack {
		nic := netstack.Interface{Link: link, Addresses: []netip.Prefix{netip.MustParsePrefix(address)}}
		stack, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{nic}})
		check(err)
		return stack
	}
	left, right := netstack.Pipe(1500)
	client, server := host(left, "10.0.0.1/24"), host(right, "10.0.0.2/24")
	listener, err := server.Listen(ctx, "tcp", ":80")
	check(err)
	go http.Serve(listener, hello)
	web := http.Client{Transport: &http.Transport{DialContext: client.DialContext}}
	reply, err := web.Get("http://10.0.0.2/")
	check(err)

	body, err := io.ReadAll(reply.Body)
	check(err)
	check(reply.Body.Close())
	web.CloseIdleConnections()
	check(client.Close())
	check(server.Close())
	fmt.Println(string(body))
	// Output: hello, 10.0.0.1
}

// A stack on any packet device, such as the inside of a tunnel.
func Example_embed() {
	ctx := context.Background()
	device, far := tuntest.Pair(1420)
	defer far.Close()

	link, err := netstack.NewDeviceLink(device, netstack.DeviceConfig{MTU: 1420})
	check(err) // device: an io.ReadWriteCloser, one IP packet per Read and Write
	address := netip.MustParsePrefix("100.64.0.1/32")
	stack, err := netstack.New(netstack.Config{
		Interfaces: []netstack.Interface{{Link: link, Addresses: []netip.Prefix{address}}},
	})
	check(err)
	listener, err := stack.Listen(ctx, "tcp", ":22") // and DialContext, ListenPacket, Ping
	check(err)
	check(stack.Close()) // closes the listener and the device; Done and Err tell if it dies

	fmt.Println(listener.Addr())
	// Output: [::]:22
}

// sayHello sends a line to the server of Example_owners, as soon as that
// listens.
func sayHello(from *netstack.Stack) {
	for {
		conn, err := from.DialContext(context.Background(), "tcp", "10.0.0.2:7000")
		if errors.Is(err, syscall.ECONNREFUSED) {
			continue
		}
		check(err)
		_, err = conn.Write([]byte("hello\n"))
		check(err)
		return
	}
}

// The Transport contract: an owner accepts, and hands the socket to another.
func Example_owners() {
	left, right := netstack.Pipe(1500)
	client, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{Link: left, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}}})
	check(err)
	defer client.Close()
	stack, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{Link: right, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/24")}}}})
	check(err)
	defer stack.Close()
	go sayHello(client)

	node, err := transport.NewNode(transport.Config{Network: onstack.New(stack)})
	check(err)
	acceptor, worker := node.NewOwner("acceptor"), node.NewOwner("worker")
	l, err := acceptor.TCP().Listen(7000, transport.Packet(transport.PacketLine), transport.ActiveOnce())
	check(err)
	s, err := acceptor.TCP().Accept(l, transport.Infinity)
	check(err)
	check(acceptor.TCP().ControllingProcess(s, worker)) // its messages move along
	message, err := worker.Receive(transport.Infinity)
	check(err)
	fmt.Printf("%s", message.(transport.Data).Payload.Data)
	worker.Exit() // an owner that ends closes its sockets

	check(node.Close())
	// Output: hello
}
