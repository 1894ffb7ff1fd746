//go:build linux && !android

package test

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"testing"
)

// tunMTUs are the least of IPv6, Ethernet's, a jumbo frame's and the most that
// Linux gives a TUN device.
var tunMTUs = []int{1280, 1500, 9000, 65535}

// tunTransferBytes is how much each way of a connection carries.
func tunTransferBytes() int64 {
	switch {
	case *long:
		return 256 << 20
	case testing.Short():
		return 1 << 20
	}
	return 16 << 20
}

// TestTUNTransfer sends a stream each way of one connection, for each MTU,
// family and side that dials: the client's first, which its half-close ends,
// then the server's. Each receiver compares SHA-256.
func TestTUNTransfer(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		for _, mtu := range tunMTUs {
			t.Run(fmt.Sprintf("MTU %d", mtu), func(t *testing.T) {
				newTUNBed(t, mtu).eachPath(t, func(t *testing.T, p tunPath) {
					transfer(t, p, tunTransferBytes())
				})
			})
		}
	})
}

// transfer sends bytes from the client, then from the server.
func transfer(t *testing.T, p tunPath, bytes int64) {
	t.Helper()
	client, server := p.connect(t)
	served := make(chan error, 1)
	go func() {
		err := receiveStream(server, 1, bytes)
		if err == nil {
			err = sendStream(server, 2, bytes)
		}
		served <- err
	}()
	if err := sendStream(client, 1, bytes); err != nil {
		t.Errorf("%s, sending: %v", p.client.name, err)
	}
	if err := receiveStream(client, 2, bytes); err != nil {
		t.Errorf("%s, receiving: %v", p.client.name, err)
	}
	if t.Failed() {
		server.Close() // the server may wait for what will not come
	}
	if err := <-served; err != nil {
		t.Errorf("%s: %v", p.server.name, err)
	}
}

// testStream is an endless stream that its number determines.
func testStream(number byte) io.Reader { return rand.NewChaCha8([32]byte{number}) }

// sendStream writes the start of a stream and shuts down the sending half.
func sendStream(c halfConn, number byte, bytes int64) error {
	if _, err := io.CopyBuffer(onlyWriter{c}, io.LimitReader(testStream(number), bytes), make([]byte, 64<<10)); err != nil {
		return err
	}
	return c.CloseWrite()
}

// onlyWriter hides ReadFrom, so that what is written is what is measured out.
type onlyWriter struct{ io.Writer }

// receiveStream reads to the end and compares with the start of a stream.
func receiveStream(r io.Reader, number byte, bytes int64) error {
	got := sha256.New()
	n, err := io.Copy(got, r)
	if err != nil {
		return fmt.Errorf("after %d of %d bytes: %w", n, bytes, err)
	}
	return compareStream(got, n, number, bytes)
}

// compareStream compares n received bytes, summed up in got, with what was
// sent.
func compareStream(got hash.Hash, n int64, number byte, bytes int64) error {
	want := sha256.New()
	if _, err := io.CopyN(want, testStream(number), bytes); err != nil {
		return err
	}
	if g, w := got.Sum(nil), want.Sum(nil); n != bytes || string(g) != string(w) {
		return fmt.Errorf("received %d bytes with SHA-256 %x, want %d with %x", n, g, bytes, w)
	}
	return nil
}
