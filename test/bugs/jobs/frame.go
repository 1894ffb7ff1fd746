package jobs

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// PayloadMax is the most bytes that a job or an answer can have.
const PayloadMax = 4096

const (
	headBytes = 4 + 1 + 4 // length of what follows the length, kind, number of the job
	frameMax  = headBytes + PayloadMax
)

// kind says what a frame is.
type kind byte

const (
	job       kind = iota + 1 // from the client: to be worked on
	giveUp                    // from the client: the job need not be worked on
	done                      // from the server: the answer
	cancelled                 // from the server: given up before its turn
	busy                      // from the server: there are too many sessions; the number is 0
)

// frame is one message of a session.
type frame struct {
	kind    kind
	number  uint32
	payload []byte
}

// appendFrame appends the bytes of f.
func appendFrame(b []byte, f frame) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(headBytes-4+len(f.payload)))
	b = append(b, byte(f.kind))
	b = binary.BigEndian.AppendUint32(b, f.number)
	return append(b, f.payload...)
}

// frameReader cuts a stream into frames. It is for one goroutine.
type frameReader struct {
	src        io.Reader
	buf        []byte
	start, end int // the part of buf that was read and not yet taken
}

func newFrameReader(src io.Reader) *frameReader {
	return &frameReader{src: src, buf: make([]byte, frameMax)}
}

// next waits for a frame, whose payload the caller may keep. The end of the
// stream is io.EOF, within a frame io.ErrUnexpectedEOF.
func (r *frameReader) next() (frame, error) {
	for {
		f, size, err := parse(r.buf[r.start:r.end])
		if err != nil {
			return frame{}, err
		}
		if size > 0 {
			r.start += size
			return f, nil
		}
		if err := r.fill(); err != nil {
			return frame{}, err
		}
	}
}

// parse returns the frame at the start of b and its size, which is 0 if b is
// not the whole of it.
func parse(b []byte) (f frame, size int, err error) {
	if len(b) < headBytes {
		return frame{}, 0, nil
	}
	length := binary.BigEndian.Uint32(b)
	if length < headBytes-4 || length > frameMax-4 {
		return frame{}, 0, fmt.Errorf("a frame of %d bytes: the limits are %d and %d", length, headBytes-4, frameMax-4)
	}
	size = 4 + int(length)
	if len(b) < size {
		return frame{}, 0, nil
	}
	return frame{kind(b[4]), binary.BigEndian.Uint32(b[5:]), slices.Clone(b[headBytes:size])}, size, nil
}

// fill reads more, behind what has not been taken. There is always room for
// that, because the buffer holds the largest frame.
func (r *frameReader) fill() error {
	if r.start == r.end {
		r.start, r.end = 0, 0
	} else if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	n, err := r.src.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == io.EOF && r.start < r.end {
		return io.ErrUnexpectedEOF
	}
	return err
}
