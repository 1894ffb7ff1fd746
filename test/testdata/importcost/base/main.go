// Command base is a program that uses package net, the measure for the others.
package main

import (
	"fmt"
	"net"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(l, err)
}
