// Command sim is base with a simulated host.
package main

import (
	"fmt"
	"net"

	"github.com/seed-731cb71d/warren/sim"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(l, err)
	w, err := sim.New(sim.Config{})
	fmt.Println(err)
	l, err = w.Host("host").Listen("tcp", ":80")
	fmt.Println(l, err)
}
