package transport

import (
	"sync"
	"testing"
)

func TestBuffersAreLessThanTwiceWhatIsAskedFor(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 1460, 4096, 65535, 65536, 65537, bufferMax - 1, bufferMax, bufferMax + 1} {
		b := takeBuffer(n)
		size := len(b.bytes)
		if size < n || size >= max(2*n, bufferMin+1) {
			t.Errorf("takeBuffer(%d) has %d bytes", n, size)
		}
		if kept := b.class >= 0; kept != (n <= bufferMax) {
			t.Errorf("takeBuffer(%d) comes back: %v", n, kept)
		}
		b.put()
	}
}

// TestReleaseTwiceDoesNothing: the second Release must not give away memory
// that serves another packet by then.
func TestReleaseTwiceDoesNothing(t *testing.T) {
	set := defaultSettings()
	b := &buffer{bytes: make([]byte, 1000), class: -1} // in no pool: only its leases count here
	first := set.payload(parcel{data: b.bytes[:1000], hold: b})
	again := first
	first.Release()
	second := set.payload(parcel{data: b.bytes[:1000], hold: b}) // handed out again
	lease := b.lease.Load()
	again.Release()
	first.Release()
	if b.lease.Load() != lease {
		t.Fatal("a second Release ended the lease of another packet")
	}
	second.Release()
	if b.lease.Load() != lease+1 {
		t.Error("the other packet's own Release did nothing")
	}
}

func TestReleaseOfWhatIsNotKept(t *testing.T) {
	set := defaultSettings()
	Payload{}.Release()
	for _, p := range []Payload{
		set.payload(parcelOf([]byte("short"))),
		set.payload(parcelOf(make([]byte, bufferMax+1))),
	} {
		p.Release()
		p.Release()
	}
}

// TestReleasedMemoryIsNeverShared: many goroutines take, fill, check and
// release, some of them twice. The race detector sees any two that have one
// buffer at a time.
func TestReleasedMemoryIsNeverShared(t *testing.T) {
	set := defaultSettings()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 500 {
				size := parcelMin << (i % 9)
				b := takeBuffer(size)
				p := set.payload(parcel{data: b.bytes[:size], hold: b})
				for j := range p.Data {
					p.Data[j] = byte(g)
				}
				for _, c := range p.Data {
					if c != byte(g) {
						t.Errorf("memory of goroutine %d holds %d", g, c)
						return
					}
				}
				p.Release()
				if i%3 == 0 {
					p.Release()
				}
			}
		})
	}
	all.Wait()
}
