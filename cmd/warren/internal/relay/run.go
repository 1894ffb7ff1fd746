package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/overtime"
)

// Conn is what Run needs of a connection; *netstack.Conn has it.
type Conn interface {
	io.ReadWriter
	// CloseWrite shuts the sending half down.
	CloseWrite() error
	// Abort resets the connection and wakes blocked calls.
	Abort() error
	// Close closes it in order.
	Close() error
}

// Config holds the settings of Run.
type Config struct {
	// Drain is how long the peer may go on after ctx has ended.
	Drain time.Duration
}

// ErrInterrupted is what Run returns when ctx has ended and the peer has not
// finished in time.
var ErrInterrupted = errors.New("interrupted before the other side had finished")

// Run sends in to the connection and writes to out what the connection brings,
// until both directions have ended, and closes it. The end of ctx counts as the
// end of the input; after Config.Drain more the connection is reset. An error
// of one direction ends the other.
func Run(ctx context.Context, conn Conn, in *Input, out io.Writer, cfg Config) error {
	late, cancel := overtime.Context(ctx, cfg.Drain)
	defer cancel()
	stop := context.AfterFunc(late, func() { conn.Abort() })

	r := startReceiving(conn, out)
	err := send(ctx, conn, in, r.broken)
	if err != nil {
		conn.Abort()
	}
	<-r.done
	if !stop() {
		return fmt.Errorf("%w (--drain %v)", ErrInterrupted, cfg.Drain)
	}
	if err == nil {
		err = r.err
	}
	if err != nil {
		conn.Abort()
		return err
	}
	return conn.Close()
}

// send sends the input until it ends, ctx does, or receiving has failed, and
// then shuts the sending half down.
func send(ctx context.Context, conn Conn, in *Input, broken <-chan struct{}) error {
	for {
		select {
		case chunk, more := <-in.next():
			if !more {
				if in.err != nil {
					return fmt.Errorf("reading the input: %w", in.err)
				}
				return conn.CloseWrite()
			}
			if _, err := conn.Write(chunk); err != nil {
				return err
			}
		case <-ctx.Done():
			return conn.CloseWrite()
		case <-broken:
			return nil
		}
	}
}

// receiving is the direction from the connection to the output.
type receiving struct {
	done   chan struct{} // closed when it has ended
	broken chan struct{} // closed when it has failed
	err    error         // set before done is closed
}

func startReceiving(conn Conn, out io.Writer) *receiving {
	r := &receiving{done: make(chan struct{}), broken: make(chan struct{})}
	go func() {
		defer close(r.done)
		if _, r.err = io.Copy(out, conn); r.err != nil {
			close(r.broken)
		}
	}()
	return r
}
