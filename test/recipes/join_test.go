package recipes

import (
	"io"
	"net"
)

// join gives the connections of a listener to a server that takes none of its
// own but hands out ends of pipes in memory.
func join(l net.Listener, open func() (net.Conn, error)) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := open()
		if err != nil {
			near.Close()
			return
		}
		copyUntilEnd := func(to, from net.Conn) {
			io.Copy(to, from)
			to.Close()
			from.Close()
		}
		go copyUntilEnd(near, far)
		go copyUntilEnd(far, near)
	}
}
