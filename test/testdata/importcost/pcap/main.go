// Command pcap is base with a stack and a capture.
package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/netstack/pcap"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(l, err)
	w, err := pcap.NewWriter(os.Stdout, pcap.Config{})
	fmt.Println(err)
	a, _ := netstack.Pipe(1500)
	link, err := pcap.NewLink(a, w, "eth0")
	fmt.Println(err)
	s, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{Link: link, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}}})
	fmt.Println(err)
	l, err = s.Listen(context.Background(), "tcp", ":80")
	fmt.Println(l, err)
}
