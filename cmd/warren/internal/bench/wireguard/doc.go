// Command wireguard is a worker of warren bench whose network is a pair of
// wireguard-go's netstacks, joined back to back: what one writes to its TUN device
// is read from it and written to the other one's, packet by packet, without
// cryptography in between; or, for what gVisor is without any of us, a pair of its
// stacks with its own pipe and its own adapter to package net.
//
// It is started by warren bench and speaks the protocol of package worker. Each
// side of the pair has one goroutine that carries packets, which the end of the
// process ends.
package main
