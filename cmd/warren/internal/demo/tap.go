package demo

import (
	"sync"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/netstack/ladder"
)

// sighting is one packet as it entered the link.
type sighting struct {
	at   time.Time
	from ladder.Side
	raw  []byte
}

// sightings collects the packets of both directions in the order in which they
// were sent.
type sightings struct {
	mu        sync.Mutex
	sent      int // packets accepted by the links
	delivered int
	seen      []sighting
}

// take returns what was seen since the last take.
func (s *sightings) take() []sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// counts returns how many packets were sent and how many of them delivered.
func (s *sightings) counts() (sent, delivered int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.delivered
}

// tap notes what its side sends on a link.
type tap struct {
	netstack.Link
	side ladder.Side
	log  *sightings
}

var _ netstack.Link = (*tap)(nil)

// Attach counts what the inner link delivers.
func (t *tap) Attach(r netstack.Receiver) error {
	return t.Link.Attach(&tapReceiver{Receiver: r, log: t.log})
}

// Send notes pkts and sends them.
func (t *tap) Send(pkts []*netstack.Packet) (int, error) {
	t.log.mu.Lock()
	for _, p := range pkts {
		raw := make([]byte, p.Len())
		p.CopyTo(raw)
		t.log.seen = append(t.log.seen, sighting{at: time.Now(), from: t.side, raw: raw})
	}
	t.log.sent += len(pkts)
	t.log.mu.Unlock()

	offered := len(pkts)
	n, err := t.Link.Send(pkts)
	t.log.mu.Lock()
	t.log.sent -= offered - n
	t.log.mu.Unlock()
	return n, err
}

// tapReceiver counts what is delivered.
type tapReceiver struct {
	netstack.Receiver
	log *sightings
}

// Deliver delivers pkts and counts them.
func (r *tapReceiver) Deliver(pkts []*netstack.Packet) {
	n := len(pkts)
	r.Receiver.Deliver(pkts)
	r.log.mu.Lock()
	r.log.delivered += n
	r.log.mu.Unlock()
}
