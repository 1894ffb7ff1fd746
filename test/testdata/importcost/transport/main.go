// Command transport is base with the Transport contract on kernel sockets.
package main

import (
	"fmt"
	"net"

	"github.com/seed-731cb71d/warren/transport"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(l, err)
	n, err := transport.NewNode(transport.Config{Network: transport.Kernel()})
	fmt.Println(err)
	s, err := n.NewOwner("main").TCP().Listen(80)
	fmt.Println(s, err)
}
