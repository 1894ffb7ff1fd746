package tuntest_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/seed-731cb71d/warren/tun"
	"github.com/seed-731cb71d/warren/tun/tuntest"
)

// packet returns the start of an IPv4 packet with a number in it.
func packet(number byte) []byte { return []byte{0x45, 0, 0, 4, number} }

// read returns the next packet of d.
func read(t *testing.T, d *tuntest.Device) []byte {
	t.Helper()
	p := make([]byte, d.MTU())
	n, err := d.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return p[:n]
}

func write(t *testing.T, d *tuntest.Device, p []byte) {
	t.Helper()
	if n, err := d.Write(p); n != len(p) || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
}

func pair(t *testing.T) (a, b *tuntest.Device) {
	a, b = tuntest.Pair(0)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func TestPacketsKeepTheirOrderAndBounds(t *testing.T) {
	a, b := pair(t)
	p := packet(0)
	for i := range byte(5) {
		p[4] = i // Write has copied the one before
		write(t, a, p)
		write(t, b, append(packet(i), 1, 2, 3))
	}
	for i := range byte(5) {
		if got := read(t, b); !bytes.Equal(got, packet(i)) {
			t.Fatalf("b read %x, want packet %d", got, i)
		}
		if got := read(t, a); len(got) != 8 || got[4] != i {
			t.Fatalf("a read %x, want packet %d", got, i)
		}
	}
}

func TestWriteRefusesWhatIsNoPacket(t *testing.T) {
	a, b := pair(t)
	for _, tt := range []struct {
		p    []byte
		want error
	}{
		{nil, syscall.EINVAL},
		{[]byte{0x10, 1}, syscall.EINVAL},
		{append([]byte{0x60}, make([]byte, 1500)...), syscall.EMSGSIZE},
	} {
		if _, err := a.Write(tt.p); !errors.Is(err, tt.want) {
			t.Errorf("Write of %d bytes: %v, want %v", len(tt.p), err, tt.want)
		}
	}
	if b.Waiting() != 0 {
		t.Error("a refused packet has arrived")
	}
}

func TestReadIntoShortBufferLosesNothing(t *testing.T) {
	a, b := pair(t)
	write(t, a, packet(1))
	if _, err := b.Read(make([]byte, 1499)); !errors.Is(err, io.ErrShortBuffer) {
		t.Fatalf("Read: %v, want a short buffer", err)
	}
	if got := read(t, b); !bytes.Equal(got, packet(1)) {
		t.Fatalf("read %x", got)
	}
}

func TestFullQueueDropsAndCounts(t *testing.T) {
	a, b := pair(t)
	for range tuntest.QueuePacketsMax + 3 {
		write(t, a, packet(1))
	}
	if a.Dropped() != 3 || b.Waiting() != tuntest.QueuePacketsMax {
		t.Fatalf("dropped %d, waiting %d", a.Dropped(), b.Waiting())
	}
}

// blockedRead starts a Read in the bubble and returns where its error comes.
func blockedRead(d *tuntest.Device) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := d.Read(make([]byte, d.MTU()))
		result <- err
	}()
	synctest.Wait()
	return result
}

func TestCloseWakesReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tuntest.Pair(1280)
		first, second, far := blockedRead(a), blockedRead(a), blockedRead(b)
		a.Close()
		for _, result := range []<-chan error{first, second} {
			if err := <-result; err != net.ErrClosed {
				t.Errorf("Read: %v, want net.ErrClosed", err)
			}
		}
		if err := <-far; !errors.Is(err, tun.ErrGone) {
			t.Errorf("the other end's Read: %v, want tun.ErrGone", err)
		}
		if _, err := b.Write(packet(1)); !errors.Is(err, tun.ErrGone) {
			t.Errorf("the other end's Write: %v, want tun.ErrGone", err)
		}
		if _, err := a.Write(packet(1)); err != net.ErrClosed {
			t.Errorf("Write after Close: %v, want net.ErrClosed", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		b.Close()
	})
}

func TestPacketsWrittenBeforeCloseArrive(t *testing.T) {
	a, b := pair(t)
	write(t, a, packet(7))
	a.Close()
	if got := read(t, b); !bytes.Equal(got, packet(7)) {
		t.Fatalf("read %x", got)
	}
	if _, err := b.Read(make([]byte, 1500)); !errors.Is(err, tun.ErrGone) {
		t.Fatalf("then: %v, want tun.ErrGone", err)
	}
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tuntest.Pair(1500)
		waiting := blockedRead(a)
		a.FailReads(syscall.EIO, 1)
		if err := <-waiting; !errors.Is(err, syscall.EIO) {
			t.Errorf("the waiting Read: %v, want EIO", err)
		}
		a.FailWrites(syscall.ENOBUFS, 2)
		for range 2 {
			if _, err := a.Write(packet(1)); !errors.Is(err, syscall.ENOBUFS) {
				t.Errorf("Write: %v, want ENOBUFS", err)
			}
		}
		write(t, a, packet(2))
		if b.Waiting() != 1 {
			t.Errorf("%d packets arrived, want the one without a fault", b.Waiting())
		}
		a.FailReads(syscall.EIO, -1)
		write(t, b, packet(3))
		for range 3 {
			if _, err := a.Read(make([]byte, 1500)); !errors.Is(err, syscall.EIO) {
				t.Errorf("Read: %v, want EIO", err)
			}
		}
		a.FailReads(nil, 0)
		if got := read(t, a); !bytes.Equal(got, packet(3)) {
			t.Errorf("after the fault: read %x", got)
		}
		a.Close()
		b.Close()
	})
}
