package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/rand/v2"
)

// newEntropy is the random source of one life of a host. It depends on the
// seed, the host's name and the count of its starts, so that other hosts
// change nothing about it.
func newEntropy(seed uint64, host string, boot uint64) io.Reader {
	return rand.NewChaCha8(derive(seed, "entropy", host, boot))
}

// derive is a key of its own for each purpose.
func derive(seed uint64, purpose, name string, n uint64) [32]byte {
	b := binary.LittleEndian.AppendUint64(nil, seed)
	b = binary.LittleEndian.AppendUint64(b, n)
	b = append(append(append(b, purpose...), 0), name...)
	return sha256.Sum256(b)
}

// Rand is a random source for a program of the host, drawn from the seed, the
// host's name and the given name: the same numbers in every run. It belongs to
// one goroutine.
func (h *Host) Rand(name string) *rand.Rand {
	h.mu.Lock()
	defer h.mu.Unlock()
	return rand.New(rand.NewChaCha8(derive(h.w.cfg.Seed, "program "+name, h.name, h.boot)))
}
