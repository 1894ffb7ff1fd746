package netstack

import "gvisor.dev/gvisor/pkg/tcpip/stack"

// own returns p where nobody else holds it, else a packet of the same bytes
// that shares p's memory until it is written to. It takes over p's reference.
func (p *Packet) own() *Packet {
	if p.refs.Load() == 1 {
		return p
	}
	q := wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: p.buf.ToBuffer()}))
	q.gso, q.sum = p.gso, p.sum
	p.Release()
	return q
}

// firstSegment is the first of the packet's Segments, nil if it is empty.
func (p *Packet) firstSegment() []byte {
	views, _ := p.buf.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		if v.Size() > 0 {
			return v.AsSlice()
		}
	}
	return nil
}
