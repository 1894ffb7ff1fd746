//go:build linux || darwin || freebsd

package transport_test

import (
	"crypto/sha256"
	"fmt"

	"github.com/seed-731cb71d/warren/transport"
)

// A receiver that has used a packet gives its memory back, so that a stream of
// any length is read into the same few buffers.
func ExamplePayload_Release() {
	node, err := transport.NewNode(transport.Config{Network: transport.Kernel()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Close()
	tcp := node.NewOwner("both ends").TCP()
	l, err := tcp.Listen(0, transport.IPLoopback(), transport.Active(false), transport.Buffer(64<<10))
	if err != nil {
		fmt.Println(err)
		return
	}
	addr, err := tcp.SockName(l)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := tcp.Connect(addr, transport.Infinity, transport.Active(false))
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := tcp.Accept(l, transport.Infinity)
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		for range 16 {
			_ = tcp.Send(client, make([]byte, 64<<10))
		}
		_ = tcp.Close(client)
	}()

	sum, total := sha256.New(), 0
	for {
		p, err := tcp.Receive(server, 0, transport.Infinity)
		if err != nil {
			fmt.Println(total, "bytes, then", err)
			break
		}
		sum.Write(p.Data)
		total += len(p.Data)
		p.Release() // p.Data is not used from here on
	}
	fmt.Printf("%x\n", sum.Sum(nil)[:4])
	// Output:
	// 1048576 bytes, then transport: closed
	// 30e14955
}
