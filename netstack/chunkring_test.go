package netstack

import (
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
)

// first is the address of the view's memory.
func first(v *buffer.View) *byte { return &v.AsSlice()[0] }

func TestChunkRingLendsOnlyWhatIsFree(t *testing.T) {
	var r chunkRing
	defer r.release()
	out := map[*byte]*buffer.View{}
	for range chunkRingMax {
		v := r.take()
		if out[first(v)] != nil {
			t.Fatal("a buffer is lent twice")
		}
		out[first(v)] = v.Clone()
	}
	if n := len(r.views); n > chunkRingMax {
		t.Fatalf("the ring has grown to %d buffers", n)
	}
	for range 3 * chunkRingMax { // everything is out: copies, but no growth
		if out[first(r.take())] != nil {
			t.Fatal("a buffer that is out was lent again")
		}
	}
	if n := len(r.views); n != chunkRingMax {
		t.Errorf("a ring whose buffers are all out has %d, want the limit of %d", n, chunkRingMax)
	}
	for _, v := range out {
		v.Release()
	}
}

func TestChunkRingUsesBuffersAgain(t *testing.T) {
	var r chunkRing
	defer r.release()
	lent := r.take().Clone()
	r.take()
	size := len(r.views)
	for range 1000 {
		lent.Release()
		lent = r.take().Clone()
	}
	lent.Release()
	if n := len(r.views); n > size+1 {
		t.Errorf("one buffer out at a time makes the ring grow from %d to %d", size, n)
	}
}
