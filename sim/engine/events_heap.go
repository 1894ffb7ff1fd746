package engine

import (
	"math"
	"time"
)

// happening is what an event does. Pointers and functions fit into it
// without an allocation.
type happening interface{ happen() }

type callback func()

func (f callback) happen() { f() }

// eventKey orders events and says where the rest of one is.
type eventKey struct {
	at   time.Duration
	rank int32
	slot int32
	seq  uint64
}

func (k *eventKey) before(o *eventKey) bool {
	if k.at != o.at {
		return k.at < o.at
	}
	if k.rank != o.rank {
		return k.rank < o.rank
	}
	return k.seq < o.seq
}

// eventSlot is the rest of an event. Slots are used again; gen tells their
// uses apart.
type eventSlot struct {
	what  happening
	place int32 // index in order, or parkedPlace
	gen   uint64
}

// parkedPlace is the place of an event that a paused clock keeps back.
const parkedPlace = -1

// eventHeap is a binary heap of events that can be removed from its middle.
// It grows with the number of events set at one time and allocates for
// nothing else.
type eventHeap struct {
	order []eventKey
	slots []eventSlot
	free  []int32
}

func (h *eventHeap) push(k eventKey, what happening) (slot int32, gen uint64) {
	if n := len(h.free); n > 0 {
		slot = h.free[n-1]
		h.free = h.free[:n-1]
	} else {
		slot = int32(len(h.slots))
		h.slots = append(h.slots, eventSlot{})
	}
	s := &h.slots[slot]
	s.what = what
	s.gen++
	k.slot = slot
	h.order = append(h.order, k)
	h.up(len(h.order) - 1)
	return slot, s.gen
}

// pop removes the first event.
func (h *eventHeap) pop() happening {
	slot := h.order[0].slot
	what := h.slots[slot].what
	h.removeAt(0)
	return what
}

// remove takes out the event that had the slot in its given use.
func (h *eventHeap) remove(slot int32, gen uint64) bool {
	s := &h.slots[slot]
	if s.gen != gen || s.what == nil {
		return false
	}
	if s.place == parkedPlace {
		h.release(slot)
	} else {
		h.removeAt(int(s.place))
	}
	return true
}

func (h *eventHeap) removeAt(i int) {
	h.release(h.order[i].slot)
	h.cut(i)
}

// release lets a slot be used again.
func (h *eventHeap) release(slot int32) {
	h.slots[slot].what = nil
	h.free = append(h.free, slot)
}

// cut takes what is at i out of the order.
func (h *eventHeap) cut(i int) {
	last := len(h.order) - 1
	h.order[i] = h.order[last]
	h.order = h.order[:last]
	if i < last {
		h.down(h.up(i))
	}
}

// up moves the event at i towards the front and returns its new place.
func (h *eventHeap) up(i int) int {
	k := h.order[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !k.before(&h.order[parent]) {
			break
		}
		h.put(i, h.order[parent])
		i = parent
	}
	h.put(i, k)
	return i
}

// down moves the event at i towards the back.
func (h *eventHeap) down(i int) {
	k := h.order[i]
	for {
		child := 2*i + 1
		if child >= len(h.order) {
			break
		}
		if right := child + 1; right < len(h.order) && h.order[right].before(&h.order[child]) {
			child = right
		}
		if !h.order[child].before(&k) {
			break
		}
		h.put(i, h.order[child])
		i = child
	}
	h.put(i, k)
}

func (h *eventHeap) put(i int, k eventKey) {
	h.order[i] = k
	h.slots[k.slot].place = int32(i)
}

// addTime is a+d, held within what a Duration can express.
func addTime(a, d time.Duration) time.Duration {
	if d > 0 && a > math.MaxInt64-d {
		return math.MaxInt64
	}
	return a + d
}
