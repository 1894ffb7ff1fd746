package tun

import (
	"bytes"
	"errors"
	"io"
	"syscall"
	"testing"
)

// oneMessage is a file that answers Read with what was written last.
type oneMessage struct{ message []byte }

func (m *oneMessage) Write(p []byte) (int, error) {
	m.message = bytes.Clone(p)
	return len(p), nil
}

func (m *oneMessage) Read(p []byte) (int, error) { return copy(p, m.message), nil }
func (m *oneMessage) Close() error               { return nil }

func TestFamilyFile(t *testing.T) {
	for _, tt := range []struct {
		packet, family []byte
	}{
		{[]byte{0x45, 1, 2}, []byte{0, 0, 0, 2}},
		{[]byte{0x60, 1, 2, 3, 4}, []byte{0, 0, 0, 30}},
	} {
		inner := new(oneMessage)
		f := newFamilyFile(inner, 2, 30)
		if n, err := f.Write(tt.packet); n != len(tt.packet) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
		if want := append(bytes.Clone(tt.family), tt.packet...); !bytes.Equal(inner.message, want) {
			t.Errorf("wrote %x, want %x", inner.message, want)
		}
		got := make([]byte, 1500)
		n, err := f.Read(got)
		if err != nil || !bytes.Equal(got[:n], tt.packet) {
			t.Errorf("read %x, %v, want %x", got[:n], err, tt.packet)
		}
	}
}

func TestFamilyFileRefuses(t *testing.T) {
	inner := new(oneMessage)
	f := newFamilyFile(inner, 2, 30)
	for _, p := range [][]byte{nil, {0x00}, {0x75, 1}} {
		if _, err := f.Write(p); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("Write(%x): %v, want EINVAL", p, err)
		}
	}
	inner.message = []byte{0, 0, 0}
	if _, err := f.Read(make([]byte, 10)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Read of three bytes: %v", err)
	}
}
