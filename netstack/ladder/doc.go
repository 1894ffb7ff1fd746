// Package ladder shows conversations of hosts to people: it reads IP packets,
// follows TCP connections, says in words what each segment does, and draws it
// all as an annotated ladder of life lines and arrows.
//
//	l := ladder.New(os.Stdout, ladder.Config{Left: "client", Right: "server"})
//	l.Section("Open")
//	l.Call(0, ladder.Left, `connect("10.0.0.2:7000")`, "blocks until it is known")
//	packet, err := ladder.Decode(raw)
//	if err != nil {
//		return err
//	}
//	l.Packet(at, ladder.Left, packet)
//
// Decode and Flow stand alone: the one reads the headers of an IP packet, the
// other turns TCP's sequence numbers into relative ones and says in words what
// a segment does. They need no stack; any source of IP packets will do.
//
// # Goroutines and locks
//
// There are none: a Ladder and a Flow belong to one goroutine.
//
// # Not supported
//
// Reassembly of IP fragments, options of IP, and protocols above TCP and UDP.
package ladder
