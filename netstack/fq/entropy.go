package fq

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

// This file is the only one of the package where chance comes in.

// hashKey draws the key of the flow hash from r, or from the system's random
// source where r is nil.
func hashKey(r io.Reader) (key [2]uint64, err error) {
	if r == nil {
		r = rand.Reader
	}
	var b [16]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return key, fmt.Errorf("fq: read 16 bytes of Config.Entropy for the flow hash: %w", err)
	}
	key[0] = binary.LittleEndian.Uint64(b[:8])
	key[1] = binary.LittleEndian.Uint64(b[8:])
	return key, nil
}
