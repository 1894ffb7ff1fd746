package tuntest

import (
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/seed-731cb71d/warren/tun"
)

// QueuePacketsMax is how many packets wait in each direction; a Write beyond
// it succeeds, drops the packet and counts it, as the kernel's queue does.
const QueuePacketsMax = 512

// Device is one end of a Pair. It answers as *tun.Device does. All methods may
// be called concurrently.
type Device struct {
	name    string
	mtu     int
	in, out *queue
}

var _ io.ReadWriteCloser = (*Device)(nil)

// Pair returns the two ends of a device whose packets have at most mtu bytes;
// mtu 0 means 1500. Both must be closed; the order does not matter.
func Pair(mtu int) (a, b *Device) {
	if mtu == 0 {
		mtu = 1500
	}
	ab, ba := newQueue(), newQueue()
	return &Device{name: "tuntest-a", mtu: mtu, in: ba, out: ab},
		&Device{name: "tuntest-b", mtu: mtu, in: ab, out: ba}
}

// Name is "tuntest-a" or "tuntest-b".
func (d *Device) Name() string { return d.name }

// MTU is what Pair was given.
func (d *Device) MTU() int { return d.mtu }

// Read waits for a packet and copies it into p, which must have room for MTU
// bytes, else the packet stays and io.ErrShortBuffer is answered. After Close
// it returns net.ErrClosed. When the other end was closed it returns what was
// written before, and then an error that is tun.ErrGone.
func (d *Device) Read(p []byte) (int, error) {
	if len(p) < d.mtu {
		return 0, fmt.Errorf("tuntest: reading from %s into %d bytes, MTU %d: %w", d.name, len(p), d.mtu, io.ErrShortBuffer)
	}
	n, err := d.in.pop(p)
	if err != nil {
		return 0, d.failure(err)
	}
	return n, nil
}

// Write queues a copy of p for the other end and does not wait. It answers
// syscall.EINVAL for what is not IP, syscall.EMSGSIZE for more than MTU bytes,
// net.ErrClosed after Close, and an error that is tun.ErrGone when the other
// end was closed.
func (d *Device) Write(p []byte) (int, error) {
	switch {
	case len(p) > d.mtu:
		return 0, fmt.Errorf("tuntest: writing %d bytes to %s, MTU %d: %w", len(p), d.name, d.mtu, syscall.EMSGSIZE)
	case len(p) == 0 || p[0]>>4 != 4 && p[0]>>4 != 6:
		return 0, fmt.Errorf("tuntest: writing to %s what is no IP packet: %w", d.name, syscall.EINVAL)
	}
	if err := d.out.push(p); err != nil {
		return 0, d.failure(err)
	}
	return len(p), nil
}

// Close wakes a blocked Read of this end and, once it has read what waits, of
// the other. Packets that wait for this end are discarded. Close is idempotent
// and returns nil.
func (d *Device) Close() error {
	d.in.closeReader()
	d.out.closeWriter()
	return nil
}

// FailReads makes the next calls of Read, one that waits included, return err;
// packets keep waiting. times < 0 means every call from now on; 0 or a nil err
// lifts the fault.
func (d *Device) FailReads(err error, times int) { d.in.failPops(err, times) }

// FailWrites makes the next calls of Write return err and lose their packet;
// times is as in FailReads.
func (d *Device) FailWrites(err error, times int) { d.out.failPushes(err, times) }

// Dropped counts the packets written to this end that found the queue full.
func (d *Device) Dropped() int { return d.out.droppedCount() }

// Waiting counts the packets that a Read of this end would find.
func (d *Device) Waiting() int { return d.in.waiting() }

// failure adds the end's name to what a queue answers.
func (d *Device) failure(err error) error {
	if err == net.ErrClosed {
		return err
	}
	if err == tun.ErrGone {
		return fmt.Errorf("tuntest: the other end of %s was closed: %w", d.name, err)
	}
	return fmt.Errorf("tuntest: %s: %w", d.name, err)
}
