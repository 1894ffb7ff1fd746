package netstack

import "gvisor.dev/gvisor/pkg/buffer"

const (
	// chunkBytes is the largest buffer that gVisor keeps in its pools.
	chunkBytes = buffer.MaxChunkSize

	// chunkRingMax bounds the buffers of a ring: 4 MiB, the largest receive
	// window that a connection has by default.
	chunkRingMax = 64
)

// chunkRing lends large buffers to packets and uses them again once the stack
// has given them back. gVisor's own pools do that as well, but clear each buffer
// first, which for 64 KiB costs as much as reading a packet into it.
//
// The ring keeps a reference of every buffer it lends. A view that is written to
// while somebody else holds its buffer moves to a copy of it, so writing one
// byte, to a view that is free as a rule, is the way to ask. A ring whose oldest
// buffer is still out is too small and grows; what it has grown to it keeps.
type chunkRing struct {
	views []*buffer.View
	next  int
}

// take returns a view of chunkBytes that nobody else reads. It remains the
// ring's: lend a Clone of it.
func (r *chunkRing) take() *buffer.View {
	if len(r.views) == 0 {
		return r.grow()
	}
	v := r.views[r.next]
	before := &v.AsSlice()[0]
	var mark [1]byte
	_, _ = v.WriteAt(mark[:], 0) // cannot fail: the view has room for a byte
	if &v.AsSlice()[0] != before && len(r.views) < chunkRingMax {
		return r.grow()
	}
	r.next = (r.next + 1) % len(r.views)
	return v
}

// grow adds a view before the oldest.
func (r *chunkRing) grow() *buffer.View {
	v := buffer.NewViewSize(chunkBytes)
	r.views = append(r.views, nil)
	copy(r.views[r.next+1:], r.views[r.next:])
	r.views[r.next] = v
	r.next = (r.next + 1) % len(r.views)
	return v
}

// release gives the ring's references back.
func (r *chunkRing) release() {
	for _, v := range r.views {
		v.Release()
	}
	r.views, r.next = nil, 0
}
