package tun

import (
	"fmt"
	"net"
	"syscall"
	"time"
)

// VirtioHeaderBytes is the length of the virtio_net_hdr before each packet of
// ReadVirtio and WriteVirtio (VIRTIO 1.2, section 5.1.6.1, without
// num_buffers). Its fields are in the machine's byte order.
const VirtioHeaderBytes = 10

// Offload reports whether the kernel's offload can be used on this device, and
// if not, why: nil, or an error that is errors.ErrUnsupported.
func (d *Device) Offload() error { return d.plain }

// EnableVirtio asks the kernel for packets that it has neither segmented nor
// summed, of up to 64 KiB each, and takes such packets from then on. ReadVirtio
// and WriteVirtio move them; Read, Write, ReadPackets and WritePackets answer
// syscall.EINVAL afterwards. An error that is errors.ErrUnsupported leaves the
// device as it was, and says why it has no offload.
func (d *Device) EnableVirtio() error {
	if d.plain != nil {
		return d.plain
	}
	if err := d.vectors.enable(); err != nil {
		return fmt.Errorf("tun: enabling segmentation offload on %s: %w", d.name, err)
	}
	d.virtio.Store(true)
	return nil
}

// ReadVirtio waits for a packet, puts its virtio_net_hdr into header, which has
// VirtioHeaderBytes, and scatters the packet over bufs in their order. n is the
// packet's length. What bufs have no room for is lost: 65,575 bytes are enough
// for every packet. Errors are those of Read.
func (d *Device) ReadVirtio(header []byte, bufs [][]byte) (n int, err error) {
	if err := d.checkVirtio("reading from", header); err != nil {
		return 0, err
	}
	n, err = d.vectors.read(header, bufs, true)
	if err != nil {
		return 0, d.failure("reading from", err)
	}
	return n, nil
}

// TryReadVirtio is ReadVirtio without waiting: where there is no packet it
// answers a bare syscall.EAGAIN.
func (d *Device) TryReadVirtio(header []byte, bufs [][]byte) (n int, err error) {
	if err := d.checkVirtio("reading from", header); err != nil {
		return 0, err
	}
	n, err = d.vectors.read(header, bufs, false)
	if err != nil && err != syscall.EAGAIN {
		err = d.failure("reading from", err)
	}
	return n, err
}

// WriteVirtio hands the system one packet, which is header and then bufs joined.
// Nothing is kept. syscall.EINVAL means that the kernel refuses the header, or
// what it describes; other errors are those of Write.
func (d *Device) WriteVirtio(header []byte, bufs [][]byte) error {
	if err := d.checkVirtio("writing to", header); err != nil {
		return err
	}
	if err := d.vectors.write(header, bufs); err != nil {
		return d.failure("writing to", err)
	}
	return nil
}

func (d *Device) checkVirtio(doing string, header []byte) error {
	switch {
	case d.closed.Load():
		return net.ErrClosed
	case !d.virtio.Load():
		return fmt.Errorf("tun: %s %s with a virtio header: call EnableVirtio first: %w", doing, d.name, syscall.EINVAL)
	case len(header) != VirtioHeaderBytes:
		return fmt.Errorf("tun: %s %s: the virtio header has %d bytes, must have %d: %w", doing, d.name, len(header), VirtioHeaderBytes, syscall.EINVAL)
	}
	return nil
}

// BatchSize is the most packets of ReadPackets and WritePackets: 1 where the
// system gives no way to ask for a packet without waiting for it.
func (d *Device) BatchSize() int { return d.batch }

// ReadPackets waits for a packet and takes with it what else is waiting, packet
// i into bufs[i], which must have room for MTU bytes, and its length into
// sizes[i]. Errors are those of Read. len(sizes) must be len(bufs).
func (d *Device) ReadPackets(bufs [][]byte, sizes []int) (n int, err error) {
	if len(bufs) == 0 || len(sizes) < len(bufs) {
		return 0, fmt.Errorf("tun: reading from %s into %d buffers with %d sizes: give at least one buffer, and a size for each: %w",
			d.name, len(bufs), len(sizes), syscall.EINVAL)
	}
	if d.vectors == nil {
		sizes[0], err = d.Read(bufs[0])
		return min(sizes[0], 1), err
	}
	for _, b := range bufs {
		if err := d.checkRead(b); err != nil {
			return 0, err
		}
	}
	if n, err = d.vectors.readMany(bufs, sizes); err != nil {
		return n, d.failure("reading from", err)
	}
	return n, nil
}

// WritePackets writes packets one after another and returns how many of them,
// from the first on, the device took. With an error packet n is lost, and those
// after it were not tried. Errors are those of Write.
func (d *Device) WritePackets(pkts [][]byte) (n int, err error) {
	for _, p := range pkts {
		if _, err := d.Write(p); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// SetBusyPoll says how long a read tries again before it sleeps, letting other
// goroutines run in between: a packet that comes meanwhile costs no wake-up, and
// a processor is busy for as long. 0, the default, leaves it to the device: up
// to 70 us, and only while packets come so close together that it pays. A
// negative time never polls. It has no effect where BatchSize is 1. Set it
// before the first read.
func (d *Device) SetBusyPoll(poll time.Duration) {
	if d.vectors != nil {
		d.vectors.setPoll(poll)
	}
}

// errMixed is what the plain calls answer once EnableVirtio was called.
func (d *Device) errMixed(doing string) error {
	if d.closed.Load() {
		return net.ErrClosed
	}
	return fmt.Errorf("tun: %s %s: its packets have virtio headers since EnableVirtio: %w", doing, d.name, syscall.EINVAL)
}
