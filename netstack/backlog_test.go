package netstack

import (
	"sync"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ackGate is a Link that holds back the final ACKs of handshakes until it is
// opened, and notes the SYN-ACKs that arrive, by the client's port.
type ackGate struct {
	Link
	mu      sync.Mutex
	open    bool
	held    []*Packet
	synACKs map[uint16]int
}

func (g *ackGate) Send(pkts []*Packet) (int, error) {
	var pass []*Packet
	g.mu.Lock()
	for _, p := range pkts {
		if s := segmentOf(p); !g.open && s.Flags() == header.TCPFlagAck {
			g.held = append(g.held, p)
		} else {
			pass = append(pass, p)
		}
	}
	g.mu.Unlock()
	if _, err := g.Link.Send(pass); err != nil {
		return 0, err
	}
	return len(pkts), nil
}

// release lets the ACKs go, in their order.
func (g *ackGate) release() {
	g.mu.Lock()
	held := g.held
	g.held, g.open = nil, true
	g.mu.Unlock()
	g.Link.Send(held)
}

// releaseOne lets the oldest ACK go.
func (g *ackGate) releaseOne() {
	g.mu.Lock()
	one := g.held[:1]
	g.held = g.held[1:]
	g.mu.Unlock()
	g.Link.Send(one)
}

func (g *ackGate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = false
}

func (g *ackGate) holds() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.held)
}

func (g *ackGate) synACKsTo(port uint16) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.synACKs[port]
}

func (g *ackGate) Attach(r Receiver) error { return g.Link.Attach(&synACKCounter{r, g}) }

type synACKCounter struct {
	Receiver
	g *ackGate
}

func (c *synACKCounter) Deliver(pkts []*Packet) {
	c.g.mu.Lock()
	for _, p := range pkts {
		if s := segmentOf(p); s.Flags() == header.TCPFlagSyn|header.TCPFlagAck {
			c.g.synACKs[s.DestinationPort()]++
		}
	}
	c.g.mu.Unlock()
	c.Receiver.Deliver(pkts)
}

// segmentOf is a copy of the IPv4 packet's TCP segment.
func segmentOf(p *Packet) header.TCP {
	b := make([]byte, p.Len())
	p.CopyTo(b)
	return header.TCP(b[header.IPv4(b).HeaderLength():])
}

// TestHandshakesThatOverlapAFullQueue pins what Linux does (tcp_v4_syn_recv_sock
// with a full accept queue): the final ACK is dropped, so the client believes
// that it is connected; the SYN-ACK is repeated; once there is room the
// connection comes to be accepted.
func TestHandshakesThatOverlapAFullQueue(t *testing.T) {
	x, y := Pipe(1500)
	gate := &ackGate{Link: x, synACKs: make(map[uint16]int)}
	a := mustNew(t, Config{Interfaces: []Interface{{Link: gate, Addresses: pairAddresses(1)}}})
	b := mustNew(t, Config{Interfaces: []Interface{{Link: y, Addresses: pairAddresses(2)}}})
	l := mustListen(t, b, port80, ListenOptions{Backlog: 2})

	// The queue has room for three, and two may be half open at a time.
	gate.release()
	clients := []*Conn{mustDial(t, a, port80), mustDial(t, a, port80)}
	eventually(t, func() bool { return b.Stats().TCP.PassiveOpens == 2 }, "two connections wait")
	gate.hold()
	clients = append(clients, mustDial(t, a, port80), mustDial(t, a, port80))
	eventually(t, func() bool { return gate.holds() == 2 }, "both final ACKs are held back")
	gate.releaseOne()
	eventually(t, func() bool { return b.Stats().TCP.PassiveOpens == 3 }, "the queue is full")
	if n := b.Stats().TCP.BacklogACKDrops; n != 0 {
		t.Errorf("%d ACKs counted as dropped before any was", n)
	}
	gate.release()
	eventually(t, func() bool { return b.Stats().TCP.BacklogACKDrops >= 1 }, "the ACK that finds no room is counted")

	late := clients[3].LocalAddrPort().Port()
	eventually(t, func() bool { return gate.synACKsTo(late) >= 2 }, "the SYN-ACK is repeated")
	want := map[uint16]bool{}
	for _, c := range clients {
		if c.state() != StateEstablished {
			t.Errorf("client %v is %v, want ESTABLISHED", c.LocalAddrPort(), c.state())
		}
		want[c.LocalAddrPort().Port()] = true
	}
	for range clients {
		c := mustAccept(t, l)
		delete(want, c.RemoteAddrPort().Port())
	}
	if len(want) != 0 {
		t.Errorf("never accepted: client ports %v", want)
	}
}
