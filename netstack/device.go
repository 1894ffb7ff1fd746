package netstack

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// VectorDevice is a packet device that moves several packets per call. A
// device given to NewDeviceLink that has these methods is used through them.
type VectorDevice interface {
	// ReadPackets blocks until it has at least one packet, puts packet i
	// into bufs[i] and its length into sizes[i], and returns how many there
	// are. len(bufs) == len(sizes) == BatchSize(). An error ends the link.
	ReadPackets(bufs [][]byte, sizes []int) (n int, err error)

	// WritePackets writes the packets in order and returns how many of them,
	// from the first on, the device took. With an error packet n is lost, and
	// the link goes on with those after it; n < len(pkts) without an error
	// means that there is no room, and all after packet n are lost. The
	// slices are borrowed for the call.
	WritePackets(pkts [][]byte) (n int, err error)

	// BatchSize is the most packets per call, at least 1. It does not change.
	BatchSize() int
}

// VirtioDevice is a packet device that cuts, joins and sums TCP segments for
// the stack. Each packet has a virtio_net_hdr before it (VIRTIO 1.2, section
// 5.1.6.1): 10 bytes, in the machine's byte order, without num_buffers. A device
// given to NewDeviceLink that has these methods is used through them, unless
// EnableVirtio says that it cannot.
type VirtioDevice interface {
	// EnableVirtio switches the device to packets with headers, up to 64 KiB
	// in size, with TCP segmentation and checksums left to it. UDP must not be
	// joined. After an error the device is used as a plain one.
	EnableVirtio() error

	// ReadVirtio blocks until it has a packet, puts its header into header
	// and scatters the packet over bufs in their order. n is the packet's
	// length. An error ends the link.
	ReadVirtio(header []byte, bufs [][]byte) (n int, err error)

	// WriteVirtio writes one packet, which is header and then bufs joined.
	// Both are borrowed for the call. syscall.EINVAL means that the device
	// refuses the header: the packet is cut here and written again, and so are
	// all that follow. Any other error loses the packet.
	WriteVirtio(header []byte, bufs [][]byte) error
}

// DeviceConfig holds the settings of a device link. Zero fields mean the
// documented defaults.
type DeviceConfig struct {
	// MTU is the device's MTU in bytes. 0 means what the device's method
	// MTU() int says, or 1500 where it has none.
	MTU int

	// QueueMax bounds the packets that wait to be written. A goroutine
	// writes them, so a device that blocks in Write slows nothing but itself
	// and the queue drops when it is full. 0 means 1024. Negative is for devices
	// whose Write never waits for a reader, as a TUN device's, nor leads back to
	// this link. A sender then writes inside of Send, one at a time: a single
	// packet of up to 1500 bytes where nothing waits, and all that waits where
	// that is more than 16 packets. None is dropped.
	QueueMax int
}

const (
	deviceMTUDefault   = 1500
	deviceQueueDefault = 1024

	// deviceFlush is how long Close lets queued packets (resets, as a rule)
	// go out before it closes the device.
	deviceFlush = 100 * time.Millisecond

	// emptyReadsMax is how many reads in a row may give nothing before a
	// device counts as dead.
	emptyReadsMax = 100

	// pinMax is how many times its size a received packet may pin. One that
	// fills less of its read buffer is copied out of it: the stack counts the
	// bytes of a packet, not its buffer, and at an MTU of 65,535 a window of
	// small segments would hold a hundred times what it may.
	pinMax = 4
)

// NewDeviceLink returns a link over a packet device: each Read gives one IP
// packet and each Write takes one, without any header before it. A device that
// is also a VectorDevice moves several at once.
//
// A read error ends the link, and with it the stack. A write error drops the
// packet; from a queue, it is counted with the next Send. Close closes the
// device, which must wake a blocked Read and Write, and waits for the link's
// goroutines. An error here leaves dev open.
//
// TCP hands the link up to 64 KiB at once, whatever the MTU. A VirtioDevice is
// given that as it is. Every other device is given whole packets of at most MTU
// bytes with their checksums, cut here, and TCP segments that come in one batch
// are joined here before the stack sees them. Checksums of received packets are
// verified here, but for those of fragments. InterfaceStats.Offload has the
// counters.
func NewDeviceLink(dev io.ReadWriteCloser, cfg DeviceConfig) (Link, error) {
	if dev == nil {
		return nil, errors.New("netstack: NewDeviceLink: dev: nil: open a device first, for example with package tun")
	}
	if cfg.MTU == 0 {
		cfg.MTU = deviceMTUDefault
		if d, ok := dev.(interface{ MTU() int }); ok {
			cfg.MTU = d.MTU()
		}
	}
	if cfg.MTU < ipv4MTUMin || cfg.MTU > linkMTUMax {
		return nil, fmt.Errorf("netstack: DeviceConfig.MTU: %d: must be %d to %d bytes, and at least %d for IPv6", cfg.MTU, ipv4MTUMin, linkMTUMax, ipv6MTUMin)
	}
	if cfg.QueueMax == 0 {
		cfg.QueueMax = deviceQueueDefault
	}
	l := &deviceLink{dev: dev, mtu: cfg.MTU}
	l.writer.queueMax = cfg.QueueMax
	l.writer.wake.L = &l.writer.mu
	if err := l.choose(dev); err != nil {
		return nil, err
	}
	return l, nil
}

// choose takes the fastest of the ways that dev has to move packets.
func (l *deviceLink) choose(dev io.ReadWriteCloser) error {
	if v, ok := dev.(VirtioDevice); ok && v.EnableVirtio() == nil {
		l.reader = &virtioReader{dev: v, counts: &l.counts}
		l.writer.out = &virtioWriter{dev: v, counts: &l.counts}
		return nil
	}
	v, ok := dev.(VectorDevice)
	if !ok {
		v = singleDevice{dev}
	}
	if v.BatchSize() < 1 {
		return fmt.Errorf("netstack: NewDeviceLink: dev: BatchSize() is %d: must be at least 1", v.BatchSize())
	}
	l.reader = &deviceReader{dev: v, mtu: l.mtu, counts: &l.counts}
	l.writer.out = &flatWriter{dev: v, counts: &l.counts}
	return nil
}

// packetReader delivers what a device receives until the device fails, and
// returns why it did.
type packetReader interface {
	run(r Receiver) error
}

// deviceLink is a Link over a device. Attach starts the reader goroutine and,
// where there is a queue, the writer; Close ends both and waits for them.
type deviceLink struct {
	dev    io.Closer
	mtu    int
	reader packetReader
	writer deviceWriter
	counts offloadCounters

	mu       sync.Mutex
	attached bool
	closed   bool
	gone     chan struct{} // made by the first Close, closed when all has ended
	running  sync.WaitGroup
}

var (
	_ Link           = (*deviceLink)(nil)
	_ OffloadCounter = (*deviceLink)(nil)
)

// MTU implements Link.
func (l *deviceLink) MTU() int { return l.mtu }

// Offload implements Link. What the device does not do is done here. Sums of
// packets without GSO are not left to the link: gVisor would neither compute nor
// mark them.
func (l *deviceLink) Offload() Offload {
	return Offload{SegmentBytesMax: superPacketMax, RxChecksum: true}
}

// OffloadStats implements OffloadCounter.
func (l *deviceLink) OffloadStats() OffloadStats { return l.counts.load() }

// Attach implements Link.
func (l *deviceLink) Attach(r Receiver) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return fmt.Errorf("netstack: attach to device: %w", net.ErrClosed)
	case l.attached:
		return errors.New("netstack: attach to device: the link already belongs to a stack; make another with NewDeviceLink")
	}
	l.attached = true
	l.running.Go(func() {
		if err := l.reader.run(r); !l.isClosed() {
			r.LinkDown(err)
		}
	})
	l.running.Go(l.writer.run)
	return nil
}

// Send implements Link.
func (l *deviceLink) Send(pkts []*Packet) (int, error) {
	return l.writer.enqueue(pkts)
}

func (l *deviceLink) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Close implements Link.
func (l *deviceLink) Close() error {
	l.mu.Lock()
	if l.closed {
		gone := l.gone
		l.mu.Unlock()
		<-gone
		return nil
	}
	l.closed = true
	l.gone = make(chan struct{})
	flush := l.attached
	l.mu.Unlock()

	l.writer.close(flush)
	err := l.dev.Close()
	l.running.Wait()
	l.writer.drop()
	close(l.gone)
	return err
}
