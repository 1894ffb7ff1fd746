package framing

import (
	"errors"
	"math"
	"syscall"
	"testing"
)

func TestAppendHeader(t *testing.T) {
	tests := []struct {
		t    Type
		n    int
		want string
		ok   bool
	}{
		{Len1, 255, "x\xff", true},
		{Len1, 256, "x", false},
		{Len2, 65535, "x\xff\xff", true},
		{Len2, 65536, "x", false},
		{Len4, math.MaxInt32, "x\x7f\xff\xff\xff", true},
		{Len4, -1, "x", false},
		{Raw, 1 << 30, "x", true},
		{Line, 3, "x", true},
		{TPKT, 3, "x", true},
	}
	for _, tt := range tests {
		got, err := AppendHeader([]byte("x"), tt.t, tt.n)
		if string(got) != tt.want || (err == nil) != tt.ok {
			t.Errorf("AppendHeader(%s, %d) = %x, %v", tt.t, tt.n, got, err)
		}
		if err != nil && !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("AppendHeader(%s, %d): %v is not EMSGSIZE", tt.t, tt.n, err)
		}
	}
}
