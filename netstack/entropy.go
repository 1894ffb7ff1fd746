package netstack

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"io"
	"math/rand"
	"sync"
)

// entropy serialises the reads of a Config.Entropy: gVisor draws from several
// goroutines, and a seeded source must not be read by two at once.
type entropy struct {
	mu sync.Mutex
	r  io.Reader
}

// newEntropy is the source of all of a stack's random numbers: r, or the
// system's where r is nil.
func newEntropy(r io.Reader) io.Reader {
	if r == nil {
		return cryptorand.Reader
	}
	return &entropy{r: r}
}

// Read fills p wholly or fails.
func (e *entropy) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return io.ReadFull(e.r, p)
}

// randSource is the source behind gVisor's fast random numbers (ports, hash
// seeds). Seeded once from the stack's entropy, it is safe for use by several
// goroutines, which rand.NewSource's is not.
type randSource struct {
	mu  sync.Mutex
	src rand.Source64
}

var _ rand.Source64 = (*randSource)(nil)

// newRandSource draws the seed from r.
func newRandSource(r io.Reader) (*randSource, error) {
	var seed [8]byte
	if _, err := io.ReadFull(r, seed[:]); err != nil {
		return nil, err
	}
	src := rand.NewSource(int64(binary.LittleEndian.Uint64(seed[:])))
	return &randSource{src: src.(rand.Source64)}, nil
}

func (s *randSource) Int63() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src.Int63()
}

func (s *randSource) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src.Uint64()
}

func (s *randSource) Seed(seed int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.src.Seed(seed)
}
