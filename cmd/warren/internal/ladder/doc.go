// Package ladder draws a conversation between two hosts as an annotated
// ladder of 80 columns: two life lines, the calls made on each side, the
// packets between them, and beside each what just happened.
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
// a segment does.
//
// # Goroutines and locks
//
// There are none: a Ladder and a Flow belong to one goroutine.
package ladder
