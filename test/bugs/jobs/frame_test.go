package jobs

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// stream is frames of several sizes, the largest among them, as bytes.
func stream() (frames []frame, b []byte) {
	for i, size := range []int{0, 1, PayloadMax, 7, 3000, 2000} {
		f := frame{job, uint32(i), bytes.Repeat([]byte{byte(i)}, size)}
		frames = append(frames, f)
		b = appendFrame(b, f)
	}
	return frames, b
}

func TestFramesAreReadHoweverTheyArrive(t *testing.T) {
	frames, b := stream()
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"at once":        func(r io.Reader) io.Reader { return r },
		"byte by byte":   iotest.OneByteReader,
		"in halves":      iotest.HalfReader,
		"EOF with bytes": iotest.DataErrReader,
	} {
		r := newFrameReader(wrap(bytes.NewReader(b)))
		for i, want := range frames {
			got, err := r.next()
			if err != nil || got.kind != want.kind || got.number != want.number || !bytes.Equal(got.payload, want.payload) {
				t.Fatalf("%s: frame %d is of kind %d with %d bytes, %v", name, i, got.kind, len(got.payload), err)
			}
		}
		if _, err := r.next(); err != io.EOF {
			t.Errorf("%s: %v after the last frame, want EOF", name, err)
		}
	}
}

func TestStreamThatEndsWithinAFrame(t *testing.T) {
	b := appendFrame(nil, frame{done, 1, []byte("half")})
	for n := 1; n < len(b); n++ {
		if _, err := newFrameReader(bytes.NewReader(b[:n])).next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: %v, want an unexpected EOF", n, len(b), err)
		}
	}
}

func TestFramesBeyondTheLimitsAreRefused(t *testing.T) {
	for _, b := range [][]byte{
		{0, 0, 0, 4, 0, 0, 0, 0, 0},
		{0xff, 0, 0, 0, 0, 0, 0, 0, 0},
		appendFrame(nil, frame{job, 1, make([]byte, PayloadMax+1)}),
	} {
		if f, err := newFrameReader(bytes.NewReader(b)).next(); err == nil {
			t.Errorf("% x...: taken as a frame of kind %d", b[:9], f.kind)
		}
	}
}
