package netstack

import (
	"errors"
	"io"
	"sync"
)

// copyBytes is the size of the pieces in which ReadFrom and WriteTo move data:
// the largest packet that the stack makes or takes.
const copyBytes = 64 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// ReadFrom writes to the connection what it reads from r, until EOF or an
// error, and returns the number of bytes written. io.Copy uses it.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	return copyPieces(c.Write, r.Read)
}

// WriteTo writes to w what arrives on the connection, until the peer's FIN or
// an error, and returns the number of bytes that w took. io.Copy uses it.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	return copyPieces(w.Write, c.Read)
}

func copyPieces(write, read func([]byte) (int, error)) (total int64, err error) {
	buf := copyBuffers.Get().(*[copyBytes]byte)
	defer copyBuffers.Put(buf)
	for {
		n, rerr := read(buf[:])
		if n > 0 {
			done, werr := write(buf[:n])
			total += int64(done)
			if werr != nil {
				return total, werr
			}
			if done < n {
				return total, io.ErrShortWrite
			}
		}
		if errors.Is(rerr, io.EOF) {
			return total, nil
		}
		if rerr != nil {
			return total, rerr
		}
	}
}
