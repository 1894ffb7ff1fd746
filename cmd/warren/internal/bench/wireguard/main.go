package main

import (
	"fmt"
	"os"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

func main() {
	worker.Register("wireguard", open)
	worker.Register("gonet", openGonet)
	worker.RunIfAsked()
	fmt.Fprintln(os.Stderr, "wireguard: is a part of warren bench, which starts it: run warren bench memory --rows wireguard")
	os.Exit(2)
}
