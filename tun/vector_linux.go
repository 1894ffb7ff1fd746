package tun

import (
	"bytes"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// batchMax and batchBytes bound what ReadPackets asks for at once.
	batchMax   = 32
	batchBytes = 256 << 10

	// iovecsMax is what the kernel takes in one call (UIO_MAXIOV).
	iovecsMax = 1024

	// virtioOffloads is what a device is asked for: sums, and TCP segments
	// joined. UDP is left out, for nobody here cuts joined datagrams.
	virtioOffloads = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6
)

// vectors moves packets with readv and writev, waiting in Go's poller.
//
// Reads that wait are serialised by the descriptor's own lock; those that do not,
// and writes, are not, since the kernel serves several threads at once.
type vectors struct {
	file   *os.File
	raw    syscall.RawConn
	header bool // each packet has a virtio_net_hdr before it
	poll   poller
}

func newVectors(file *os.File, header bool) (*vectors, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &vectors{file: file, raw: raw, header: header}, nil
}

func (v *vectors) setPoll(poll time.Duration) { v.poll.fixed = poll }

// enable makes the kernel hand over what it has not segmented.
func (v *vectors) enable() error {
	return control(v.file, func(fd int) error { return unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, virtioOffloads) })
}

// end prepares for the descriptor to be closed: a read that keeps trying gives
// up, and a device that stays is left without offload.
func (v *vectors) end() {
	v.poll.closing.Store(true)
	_ = control(v.file, leavePlain) // fails where the device is gone
}

// leavePlain takes back what enable asks for. The kernel keeps that with the
// device, not with the descriptor: whoever opens it next without virtio headers
// would be given packets of 64 KiB with half a checksum.
func leavePlain(fd int) error { return unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, 0) }

// read is one packet with its header. A read that does not wait answers EAGAIN
// where there is none.
func (v *vectors) read(header []byte, bufs [][]byte, wait bool) (_ int, err error) {
	c := takeCall()
	defer c.giveBack()
	c.scatter(header, bufs)
	if wait {
		err = c.wait(v.raw, &v.poll)
	} else {
		err = c.once(v.raw, unix.SYS_READV)
	}
	if err != nil {
		return 0, err
	}
	v.poll.moved.Add(int64(c.n))
	return withoutHeader(c.n)
}

// write is one packet with its header.
func (v *vectors) write(header []byte, bufs [][]byte) error {
	c := takeCall()
	defer c.giveBack()
	if len(bufs) >= iovecsMax {
		bufs = [][]byte{bytes.Join(bufs, nil)}
	}
	c.scatter(header, bufs)
	if err := c.send(v.raw); err != nil {
		return err
	}
	v.poll.moved.Add(int64(c.n))
	return nil
}

// readMany waits for one packet and takes with it those that wait already.
func (v *vectors) readMany(bufs [][]byte, sizes []int) (n int, err error) {
	c := takeCall()
	defer c.giveBack()
	for i, b := range bufs {
		c.reset()
		if v.header {
			c.add(c.header[:])
		}
		c.add(b)
		if i == 0 {
			err = c.wait(v.raw, &v.poll)
		} else if err = c.once(v.raw, unix.SYS_READV); err == unix.EAGAIN {
			return i, nil
		}
		if err != nil {
			return i, err
		}
		v.poll.moved.Add(int64(c.n))
		sizes[i] = c.n
		if v.header {
			if sizes[i], err = withoutHeader(c.n); err != nil {
				return i, err
			}
		}
	}
	return len(bufs), nil
}

// withoutHeader is a packet's length where n bytes were read with its header.
func withoutHeader(n int) (int, error) {
	if n < VirtioHeaderBytes {
		return 0, io.ErrUnexpectedEOF
	}
	return n - VirtioHeaderBytes, nil
}

// headedFile is a device with virtio headers as a file without: a packet that
// is read loses its header, one that is written gets an empty one. Before
// EnableVirtio the kernel uses the header for nothing else.
type headedFile struct {
	*os.File
	vectors *vectors
}

func (f headedFile) Read(p []byte) (int, error) {
	sizes := [1]int{}
	_, err := f.vectors.readMany([][]byte{p}, sizes[:])
	return sizes[0], err
}

func (f headedFile) Write(p []byte) (int, error) {
	var header [VirtioHeaderBytes]byte
	if err := f.vectors.write(header[:], [][]byte{p}); err != nil {
		return 0, err
	}
	return len(p), nil
}

// vectorCall is one readv or writev and its arguments. It is used again, with
// its closure, so that a call allocates nothing.
type vectorCall struct {
	iovecs []unix.Iovec
	header [VirtioHeaderBytes]byte
	trap   uintptr
	poll   *poller // of a read that waits, else nil
	n      int
	errno  syscall.Errno
	block  func(fd uintptr) bool // tries, and asks the poller to wait
	try    func(fd uintptr)
}

var vectorCalls = sync.Pool{New: func() any {
	c := &vectorCall{iovecs: make([]unix.Iovec, 0, 16)}
	c.block = func(fd uintptr) bool {
		if c.call(fd) != unix.EAGAIN {
			c.poll.found()
			return true
		}
		return c.poll.spin(func() bool { return c.call(fd) != unix.EAGAIN })
	}
	c.try = func(fd uintptr) { c.call(fd) }
	return c
}}

func takeCall() *vectorCall { return vectorCalls.Get().(*vectorCall) }

func (c *vectorCall) giveBack() {
	c.reset()
	vectorCalls.Put(c)
}

// reset forgets the buffers, so that they are not kept alive.
func (c *vectorCall) reset() {
	clear(c.iovecs)
	c.iovecs = c.iovecs[:0]
}

// scatter adds a header and what comes behind it.
func (c *vectorCall) scatter(header []byte, bufs [][]byte) {
	c.add(header)
	for _, b := range bufs {
		c.add(b)
	}
}

func (c *vectorCall) add(b []byte) {
	if len(b) == 0 {
		return
	}
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	c.iovecs = append(c.iovecs, iov)
}

// wait reads, and waits in Go's poller for as long as there is nothing.
func (c *vectorCall) wait(raw syscall.RawConn, poll *poller) error {
	c.trap, c.poll = unix.SYS_READV, poll
	if err := raw.Read(c.block); err != nil {
		return err
	}
	return c.result()
}

// once makes the call without waiting.
func (c *vectorCall) once(raw syscall.RawConn, trap uintptr) error {
	c.trap = trap
	if err := raw.Control(c.try); err != nil {
		return err
	}
	return c.result()
}

// send writes at once, beside other writers, and only where the device has no
// room waits in line for it.
func (c *vectorCall) send(raw syscall.RawConn) error {
	err := c.once(raw, unix.SYS_WRITEV)
	if err != unix.EAGAIN {
		return err
	}
	c.poll = nil
	if err := raw.Write(c.block); err != nil {
		return err
	}
	return c.result()
}

func (c *vectorCall) result() error {
	if c.errno != 0 {
		return c.errno
	}
	return nil
}

// call is the system call itself, repeated while a signal interrupts it.
func (c *vectorCall) call(fd uintptr) syscall.Errno {
	for {
		n, _, errno := unix.Syscall(c.trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(c.iovecs))), uintptr(len(c.iovecs)))
		if errno != unix.EINTR {
			c.n, c.errno = int(n), errno
			return errno
		}
	}
}
