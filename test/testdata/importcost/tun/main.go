// Command tun is base with a TUN device.
package main

import (
	"fmt"
	"net"

	"github.com/seed-731cb71d/warren/tun"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(l, err)
	d, err := tun.Open(tun.Config{Name: "warren0"})
	fmt.Println(d, err)
}
