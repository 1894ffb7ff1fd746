// Command netstack is base with a stack.
package main

import (
	"context"
	"fmt"
	"net"

	"github.com/seed-731cb71d/warren/netstack"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(l, err)
	s, err := netstack.New(netstack.Config{})
	fmt.Println(err)
	l, err = s.Listen(context.Background(), "tcp", ":80")
	fmt.Println(l, err)
}
