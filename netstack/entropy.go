package netstack

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"sync"
)

// This file is the only one of the package where chance comes in.

// entropy is where all random numbers of a stack come from: Config.Entropy or
// the system's source. gVisor draws from several goroutines, and a seeded
// source must not be read by two at once. gVisor also panics when it gets no
// random numbers; so when Config.Entropy fails the system's source takes over
// and the failure is kept.
type entropy struct {
	logger *slog.Logger

	mu  sync.Mutex
	r   io.Reader
	err error // why r is not Config.Entropy any more
}

func newEntropy(r io.Reader, logger *slog.Logger) *entropy {
	if r == nil {
		r = cryptorand.Reader
	}
	return &entropy{r: r, logger: logger}
}

// Read fills p. It does not fail.
func (e *entropy) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := io.ReadFull(e.r, p)
	if err == nil {
		return n, nil
	}
	e.err, e.r = err, cryptorand.Reader
	if e.logger != nil {
		e.logger.Error("Config.Entropy failed, going on with the system's source", slog.Any("error", err))
	}
	return io.ReadFull(e.r, p)
}

// failed returns why Config.Entropy is not used any more, nil while it is.
func (e *entropy) failed() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		return nil
	}
	return fmt.Errorf("netstack: Config.Entropy: %w: give a source that does not end, or nil for the system's", e.err)
}

// randSource is the source behind gVisor's fast random numbers (hash seeds,
// timer jitter). Seeded once from the stack's entropy, it is safe for use by
// several goroutines, which rand.NewSource's is not.
type randSource struct {
	mu  sync.Mutex
	src rand.Source64
}

var _ rand.Source64 = (*randSource)(nil)

// newRandSource draws the seed from e.
func newRandSource(e *entropy) *randSource {
	var seed [8]byte
	e.Read(seed[:]) // never fails
	return &randSource{src: rand.NewSource(int64(binary.LittleEndian.Uint64(seed[:]))).(rand.Source64)}
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
