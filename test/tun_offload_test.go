//go:build linux && !android

package test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/tun"
)

// offloadMTUs are those of tunMTUs and the largest that is a multiple of 8, which
// performance is measured with.
var offloadMTUs = []int{1280, 1500, 9000, 65520, 65535}

// offloadTransferBytes is how much each way of a connection carries: together,
// over all connections of the test, 256 MiB, and under -long 10 GiB each way.
func offloadTransferBytes() int64 {
	connections := int64(2 * len(offloadMTUs) * len(tunKernel))
	switch {
	case *long:
		return 10 << 30 / connections
	case testing.Short():
		return 1 << 20
	}
	return 256 << 20 / 2 / connections
}

// TestTUNOffload sends streams in writes of random sizes both ways at once, with
// the kernel's segmentation offload and without. Receivers compare SHA-256, and
// no counter on either side may tell of a damaged packet.
func TestTUNOffload(t *testing.T) {
	for _, offload := range []tun.Offload{tun.OffloadOn, tun.OffloadOff} {
		t.Run("offload "+offload.String(), func(t *testing.T) {
			inTUNNamespace(t, func(t *testing.T) {
				for _, mtu := range offloadMTUs {
					t.Run(fmt.Sprintf("MTU %d", mtu), func(t *testing.T) { offloadTransfers(t, mtu, offload) })
				}
			})
		})
	}
}

// offloadTransfers has the kernel dial over IPv4, then the stack over IPv6.
func offloadTransfers(t *testing.T, mtu int, offload tun.Offload) {
	b := newOffloadBed(t, tun.Config{MTU: mtu, Offload: offload})
	before := interfaceStatistics(t, b.dev.Name()) // Open's self-test has left its mark
	for i, p := range []tunPath{
		{client: b.kernel, server: b.inside, family: 0},
		{client: b.inside, server: b.kernel, family: 1},
	} {
		client, server := p.connect(t)
		both := make(chan error, 2)
		go func() { both <- randomTransfer(client, server, uint64(mtu+i), offloadTransferBytes()) }()
		go func() { both <- randomTransfer(server, client, uint64(mtu+i)<<32, offloadTransferBytes()) }()
		for range 2 {
			if err := <-both; err != nil {
				t.Errorf("%s: %v", p, err)
				client.Close() // the other one may wait for what will not come
				server.Close()
			}
		}
	}
	b.wantOffloadCounters(t, mtu, offload)
	wantCleanKernel(t, b.dev.Name(), before)
}

// newOffloadBed is newTUNBedOf; without offload in the kernel the test is
// skipped.
func newOffloadBed(t *testing.T, config tun.Config) *tunBed {
	t.Helper()
	d, err := tun.Open(tun.Config{Offload: config.Offload})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("needs a kernel with segmentation offload: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	return newTUNBedOf(t, config)
}

// randomTransfer writes a stream in pieces of random sizes, small, of about a
// segment, and beyond the largest packet, and compares what arrives.
func randomTransfer(from, to halfConn, seed uint64, bytesEach int64) error {
	sent := sha256.New()
	written := make(chan error, 1)
	go func() {
		err := writePieces(io.MultiWriter(onlyWriter{from}, sent), seed, bytesEach)
		written <- errors.Join(err, from.CloseWrite())
	}()
	received := sha256.New()
	n, err := io.Copy(received, to)
	if err != nil {
		return errors.Join(fmt.Errorf("receiving, after %d bytes: %w", n, err), from.Close())
	}
	if err := <-written; err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	if n != bytesEach || !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
		return fmt.Errorf("%d of %d bytes received, with SHA-256 %x, want %x", n, bytesEach, received.Sum(nil), sent.Sum(nil))
	}
	return nil
}

// writePieces writes the start of an endless stream.
func writePieces(w io.Writer, seed uint64, left int64) error {
	random := rand.New(rand.NewPCG(seed, 1))
	stream := testStream(byte(seed))
	buf := make([]byte, 200_000)
	for left > 0 {
		sizeMax := []int{100, 3000, len(buf), len(buf)}[random.IntN(4)]
		piece := buf[:min(left, int64(1+random.IntN(sizeMax)))]
		if _, err := io.ReadFull(stream, piece); err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		left -= int64(len(piece))
	}
	return nil
}

// wantOffloadCounters wants the counters of the link to show who has cut and
// joined, and that nothing was damaged.
func (b *tunBed) wantOffloadCounters(t *testing.T, mtu int, offload tun.Offload) {
	t.Helper()
	o := b.stack.Stats().Interfaces[1].Offload
	small := mtu <= 9000 // else most packets are whole without help
	switch offload {
	case tun.OffloadOff:
		if o.SuperPacketsIn > 0 || o.SuperPacketsOut > 0 {
			t.Errorf("%+v: the device has helped, though it was told not to", o)
		}
		if small && (o.Cut == 0 || o.Joined == 0) {
			t.Errorf("%+v: want segments cut and joined by the stack", o)
		}
	default:
		if small && (o.SuperPacketsIn == 0 || o.SuperPacketsOut == 0) {
			t.Errorf("%+v: want super-packets both ways", o)
		}
		if o.Cut > 0 || o.Joined > 0 {
			t.Errorf("%+v: the stack has done what it should leave to the device", o)
		}
	}
	wrong := o
	wrong.SuperPacketsIn, wrong.SuperPacketsOut, wrong.Cut, wrong.Joined = 0, 0, 0, 0
	if wrong != (netstack.OffloadStats{}) {
		t.Errorf("%+v: want no refusal, no bad header and no bad checksum", o)
	}
	t.Logf("%+v", o)
}
