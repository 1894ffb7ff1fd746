package relay

import (
	"io"
	"sync"
)

// chunkBytes is the most that one Read of the input takes.
const chunkBytes = 64 << 10

// Input is a stream that one connection after the other can be fed from,
// without a blocked Read tying it to any of them.
type Input struct {
	chunks chan []byte // closed at the input's end
	err    error       // why it ended; set before chunks is closed
	start  sync.Once
	source io.Reader
}

// NewInput returns an Input that reads r from the first time that somebody
// asks for it.
func NewInput(r io.Reader) *Input {
	return &Input{chunks: make(chan []byte), source: r}
}

// next is where the chunks come from. A chunk may be used until the next one
// is asked for.
func (i *Input) next() <-chan []byte {
	i.start.Do(func() { go i.read() })
	return i.chunks
}

// read uses two buffers in turn: who takes a chunk has done with the one
// before.
func (i *Input) read() {
	defer close(i.chunks)
	var buffers [2][]byte
	for turn := 0; ; turn = 1 - turn {
		if buffers[turn] == nil {
			buffers[turn] = make([]byte, chunkBytes)
		}
		n, err := i.source.Read(buffers[turn])
		if n > 0 {
			i.chunks <- buffers[turn][:n]
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			i.err = err
			return
		}
	}
}
