package netstack

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEntropyThatFailsMakesNewFail(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"empty":        strings.NewReader(""),
		"too short":    bytes.NewReader(make([]byte, 20)),
		"broken":       iotest.ErrReader(io.ErrUnexpectedEOF),
		"ends halfway": io.LimitReader(rand.NewChaCha8([32]byte{}), 40),
	} {
		s, err := New(Config{Entropy: r})
		if err == nil {
			s.Close()
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), "Config.Entropy") {
			t.Errorf("%s: %v does not name the field", name, err)
		}
	}
}

func TestEntropyThatEndsLaterIsReplaced(t *testing.T) {
	s, err := New(Config{Entropy: io.LimitReader(rand.NewChaCha8([32]byte{}), 4096)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	random := s.gs.SecureRNG()
	seen := make(map[uint32]bool)
	for range 4096 { // 16 KiB
		seen[random.Uint32()] = true
	}
	if len(seen) < 4000 {
		t.Errorf("only %d of 4096 numbers differ", len(seen))
	}
}
