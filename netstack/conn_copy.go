package netstack

import (
	"context"
	"errors"
	"io"
	"sync"
)

// copyBytes is the size of the pieces in which ReadFrom and WriteTo move data:
// the largest packet that the stack makes or takes.
const copyBytes = 64 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// A buffer between the stack and the other side is one copy too many, and both
// ways round it were tried. gVisor's Write reads from a payload straight into
// the memory that is sent, without a lock. But it asks once how long the payload
// is, and takes a reader that ends, or has nothing, before that for one that has
// more: it asks again for ever. Only a source that knows its length serves, and
// those that do, bytes.Reader and its like, have a WriteTo, which io.Copy
// prefers and which writes all at once. gVisor's Read writes straight to its
// destination, but with the endpoint locked: a slow w would block Close, and the
// stack with it. A slice taken out of the lock does not help, because Close
// gives the memory back.

// ReadFrom writes to the connection what it reads from r, until EOF or an
// error, and returns the number of bytes written. io.Copy uses it. It has a
// buffer of 64 KiB while it runs.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	var total int64
	buf := copyBuffers.Get().(*[copyBytes]byte)
	defer copyBuffers.Put(buf)
	for {
		n, rerr := r.Read(buf[:])
		if n > 0 {
			done, werr := c.Write(buf[:n])
			total += int64(done)
			if werr != nil {
				return total, werr
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

// WriteTo writes to w what arrives on the connection, until the peer's FIN or
// an error, and returns the number of bytes that w took. io.Copy uses it. It has
// a buffer of 64 KiB while there is something to write, and none while it waits.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if err := c.h.enter(context.Background(), OpRead); err != nil {
			return total, err
		}
		buf, n, err := c.readPiece()
		if err != nil {
			if err != io.EOF {
				return total, c.opError(opRead, callRead, err)
			}
			return total, nil
		}
		done, err := w.Write(buf[:n])
		copyBuffers.Put(buf)
		total += int64(done)
		if err != nil {
			return total, err
		}
		if done < n {
			return total, io.ErrShortWrite
		}
	}
}

// readPiece is Read into a buffer that it takes from the pool once there is
// something to read. Its errors are bare, and come without a buffer.
func (c *Conn) readPiece() (buf *[copyBytes]byte, n int, err error) {
	g, ctx := &c.h.in, context.Background()
	t, err := g.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	for {
		buf = copyBuffers.Get().(*[copyBytes]byte)
		if n, err = c.tryRead(buf[:]); err == nil {
			break
		}
		copyBuffers.Put(buf)
		if err != errAgain {
			break
		}
		if err = g.sleep(ctx, t); err != nil {
			break
		}
	}
	g.leave(t)
	if err != nil {
		return nil, 0, g.blame(err)
	}
	return buf, n, nil
}
