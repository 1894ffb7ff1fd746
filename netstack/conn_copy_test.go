package netstack

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"syscall"
	"testing"
	"testing/iotest"
)

func TestCopyCarriesBytesBothWays(t *testing.T) {
	client, server := connPair(t)
	sent := make([]byte, 5<<20+7)
	rand.NewChaCha8([32]byte{1}).Read(sent)
	type result struct {
		n   int64
		err error
	}
	written := make(chan result, 1)
	go func() {
		n, err := client.ReadFrom(iotest.HalfReader(bytes.NewReader(sent)))
		client.CloseWrite()
		written <- result{n, err}
	}()
	var got bytes.Buffer
	n, err := server.WriteTo(&got)
	if n != int64(len(sent)) || err != nil {
		t.Errorf("WriteTo: %d, %v; want %d and no error at the FIN", n, err, len(sent))
	}
	if w := <-written; w.n != int64(len(sent)) || w.err != nil {
		t.Errorf("ReadFrom: %d, %v; want %d and no error at EOF", w.n, w.err, len(sent))
	}
	if !bytes.Equal(got.Bytes(), sent) {
		t.Error("other bytes have come than were sent")
	}
}

// stubborn is a writer that takes some bytes and then answers err.
type stubborn struct {
	takes int
	err   error
}

func (w stubborn) Write(p []byte) (int, error) { return min(w.takes, len(p)), w.err }

func TestWriteToEndsWithItsWriter(t *testing.T) {
	full := errors.New("full")
	for _, c := range []struct {
		w    stubborn
		want error
	}{{stubborn{2, full}, full}, {stubborn{2, nil}, io.ErrShortWrite}} {
		client, server := connPair(t)
		client.Write([]byte("hello"))
		if n, err := server.WriteTo(c.w); n != 2 || err != c.want {
			t.Errorf("a writer that takes 2 bytes and answers %v: %d, %v; want 2, %v", c.w.err, n, err, c.want)
		}
	}
}

func TestReadFromEndsWithItsReader(t *testing.T) {
	client, _ := connPair(t)
	gone := errors.New("gone")
	n, err := client.ReadFrom(io.MultiReader(bytes.NewReader([]byte("hello")), iotest.ErrReader(gone)))
	if n != 5 || err != gone {
		t.Errorf("ReadFrom: %d, %v; want 5, %v", n, err, gone)
	}
}

func TestWriteToTellsHowTheConnectionEnded(t *testing.T) {
	client, server := connPair(t)
	client.Abort()
	if _, err := server.WriteTo(io.Discard); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a reset: %v, want ECONNRESET", err)
	}
	_, server = connPair(t)
	done := make(chan error, 1)
	go func() {
		_, err := server.WriteTo(io.Discard)
		done <- err
	}()
	eventually(t, func() bool { return server.h.in.waiting() == 1 }, "WriteTo waits")
	server.Close()
	var op *net.OpError
	if err := <-done; !errors.Is(err, net.ErrClosed) || !errors.As(err, &op) || op.Op != opRead {
		t.Errorf("closed while it waits: %v, want a read's net.ErrClosed", err)
	}
}

// blocked is a writer that waits.
type blocked chan struct{}

func (w blocked) Write(p []byte) (int, error) {
	w <- struct{}{}
	<-w
	return len(p), nil
}

func TestSlowWriterDoesNotBlockClose(t *testing.T) {
	client, server := connPair(t)
	client.Write([]byte("hello"))
	w, done := make(blocked), make(chan error, 1)
	go func() {
		_, err := server.WriteTo(w)
		done <- err
	}()
	<-w
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	w <- struct{}{}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("WriteTo on a connection closed meanwhile: %v, want net.ErrClosed", err)
	}
}

// TestStreamAllocatesNothing runs a stream and round trips in the steady state.
func TestStreamAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget things")
	}
	client, server := connPair(t)
	const piece = 64 << 10
	go io.Copy(server, server)
	out, in := make([]byte, piece), make([]byte, piece)
	trip := func() {
		if _, err := client.Write(out); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(client, in); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		trip()
	}
	if n := testing.AllocsPerRun(200, trip); n >= 2 {
		t.Errorf("64 KiB there and back cost %v allocations, want less than 1 each way", n)
	}
}
