package tun

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// ErrGone is what Read and Write answer when the device was deleted while it
// was open; the system's own error is wrapped beside it. The Device is still
// to be closed.
var ErrGone = errors.New("the device was deleted")

// errNoFile is what FromFile answers to nil.
var errNoFile = errors.New("tun: FromFile: f is nil: give it a file that is a TUN device, or use FromFD")

// Device is an open TUN device. All methods may be called concurrently.
type Device struct {
	file   io.ReadWriteCloser // one packet per call
	name   string
	mtu    int
	closed atomic.Bool

	vectors *vectors // nil where packets go one by one
	batch   int      // packets per call of ReadPackets
	plain   error    // why there is no offload, nil if there is
	virtio  atomic.Bool
}

// newDevice makes a device that moves one packet per call.
func newDevice(file io.ReadWriteCloser, name string, mtu int, plain error) *Device {
	return &Device{file: file, name: name, mtu: mtu, batch: 1, plain: plain}
}

var _ io.ReadWriteCloser = (*Device)(nil)

// Name returns the interface's name as it was when the device was opened.
func (d *Device) Name() string { return d.name }

// MTU returns the largest packet in bytes, as it was when the device was
// opened.
func (d *Device) MTU() int { return d.mtu }

// Read waits for a packet that the system sends into the device and copies it
// into p, whole. p must have room for MTU bytes, else Read answers
// io.ErrShortBuffer and leaves the packet where it is. After Close, Read
// returns net.ErrClosed; a blocked Read is woken, but on Windows. When the
// device is deleted it returns an error that is ErrGone. While the interface
// is down, Read waits.
func (d *Device) Read(p []byte) (int, error) {
	if err := d.checkRead(p); err != nil {
		return 0, err
	}
	n, err := d.file.Read(p)
	if err != nil {
		return max(n, 0), d.failure("reading from", err)
	}
	return n, nil
}

// checkRead says whether a plain read into p is possible.
func (d *Device) checkRead(p []byte) error {
	switch {
	case len(p) < d.mtu:
		return fmt.Errorf("tun: reading from %s into %d bytes, MTU %d: %w", d.name, len(p), d.mtu, io.ErrShortBuffer)
	case d.virtio.Load():
		return d.errMixed("reading from")
	}
	return nil
}

// Write hands the system one IP packet, which is not kept. Errors that are
// neither net.ErrClosed nor ErrGone concern this packet alone, which is then
// lost: syscall.EINVAL for one that is not IP, syscall.EIO while the interface
// is down.
func (d *Device) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, fmt.Errorf("tun: writing an empty packet to %s: %w", d.name, syscall.EINVAL)
	}
	if d.virtio.Load() {
		return 0, d.errMixed("writing to")
	}
	n, err := d.file.Write(p)
	if err != nil {
		return max(n, 0), d.failure("writing to", err)
	}
	return n, nil
}

// Close gives the device back. A device that Open has made is deleted with
// its addresses and routes, unless Config.Persist says otherwise; others stay
// as they are. Close is idempotent.
func (d *Device) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	if d.vectors != nil {
		d.vectors.end()
	}
	if err := d.file.Close(); err != nil {
		return fmt.Errorf("tun: closing %s: %w", d.name, err)
	}
	return nil
}

// failure translates an error of the file.
func (d *Device) failure(doing string, err error) error {
	if d.closed.Load() || errors.Is(err, os.ErrClosed) {
		return net.ErrClosed
	}
	if cause := goneCause(d.file, err); cause != nil {
		return fmt.Errorf("tun: %s %s: %w: %w", doing, d.name, ErrGone, cause)
	}
	return fmt.Errorf("tun: %s %s: %w", doing, d.name, err)
}
