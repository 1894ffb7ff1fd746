package netstack

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
)

// tryingEnd is a virtioEnd that can be read without waiting, and that ends where
// it would have to wait.
type tryingEnd struct {
	virtioEnd
	fail  atomic.Bool // the next try fails
	tries atomic.Int64
	alone bool // packets come one by one: a try finds none
}

var _ VirtioTrier = (*tryingEnd)(nil)

var errBroken = errors.New("broken")

func (d *tryingEnd) TryReadVirtio(header []byte, bufs [][]byte) (int, error) {
	d.tries.Add(1)
	if d.fail.Load() {
		return 0, errBroken
	}
	if len(d.in) == 0 || d.alone {
		return 0, syscall.EAGAIN
	}
	return d.ReadVirtio(header, bufs)
}

func (d *tryingEnd) ReadVirtio(header []byte, bufs [][]byte) (int, error) {
	if len(d.in) == 0 {
		return 0, net.ErrClosed
	}
	return d.virtioEnd.ReadVirtio(header, bufs)
}

// newTryingEnd is a device in which n packets wait, each with its number behind
// the header.
func newTryingEnd(n int) *tryingEnd {
	d := &tryingEnd{virtioEnd: virtioEnd{in: make(chan []byte, max(n, 1)), closed: make(chan struct{})}}
	for i := range n {
		p := make([]byte, virtioHeaderBytes+28)
		p[0] = virtioDataValid
		p[virtioHeaderBytes] = 0x45
		p[virtioHeaderBytes+20] = byte(i)
		d.in <- p
	}
	return d
}

// batchLog notes how many packets each Deliver has had, and their numbers.
type batchLog struct {
	sizes   []int
	numbers []byte
	first   func()          // called after the first
	each    func(total int) // called after each Deliver
	down    error
}

func (b *batchLog) Deliver(pkts []*Packet) {
	b.sizes = append(b.sizes, len(pkts))
	for _, p := range pkts {
		b.numbers = append(b.numbers, packetBytes(p)[20])
		p.Release()
	}
	if len(b.numbers) > 0 && b.first != nil {
		b.first()
		b.first = nil
	}
	if b.each != nil {
		b.each(len(b.numbers))
	}
}

func (b *batchLog) LinkDown(err error) { b.down = err }

// readBatches runs a reader until d has nothing more.
func readBatches(t *testing.T, d *tryingEnd, b *batchLog) error {
	t.Helper()
	before := packetsLive.Load()
	err := (&virtioReader{dev: d, counts: new(offloadCounters)}).run(b)
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after the reader", live)
	}
	return err
}

func TestWaitingPacketsAreDeliveredTogether(t *testing.T) {
	var b batchLog
	if err := readBatches(t, newTryingEnd(40), &b); err != net.ErrClosed {
		t.Errorf("the reader ended with %v", err)
	}
	if want := []int{1, 16, 16, 7}; !slices.Equal(b.sizes, want) {
		t.Errorf("delivered in batches of %v, want %v: the first does not wait for others", b.sizes, want)
	}
	for i, n := range b.numbers {
		if int(n) != i {
			t.Fatalf("packet %d is number %d: out of order", i, n)
		}
	}
}

func TestAPacketThatComesAloneIsFollowedByOneTry(t *testing.T) {
	d := newTryingEnd(1)
	var b batchLog
	readBatches(t, d, &b)
	if n := d.tries.Load(); n != 1 || len(b.sizes) != 1 {
		t.Errorf("%d tries for more after one packet, and batches of %v; want 1 try", n, b.sizes)
	}
}

// TestLonePacketsAreSeldomFollowedByATry and soon by some again, once that pays.
func TestLonePacketsAreSeldomFollowedByATry(t *testing.T) {
	d := newTryingEnd(1600)
	d.alone = true
	var b batchLog
	readBatches(t, d, &b)
	if n := d.tries.Load(); n < 90 || n > 110 || len(b.sizes) != 1600 {
		t.Errorf("%d tries after 1600 packets that came one by one, want about a 16th; %d deliveries", n, len(b.sizes))
	}
	d = newTryingEnd(100)
	d.alone = true
	b = batchLog{}
	b.each = func(total int) { d.alone = total < 40 }
	readBatches(t, d, &b)
	if together := slices.Max(b.sizes); together != virtioBatchMax {
		t.Errorf("batches of %v: want the stream of packets after the 40th noticed", b.sizes)
	}
}

func TestErrorOfATryEndsTheReader(t *testing.T) {
	d := newTryingEnd(3)
	b := batchLog{first: func() { d.fail.Store(true) }}
	if err := readBatches(t, d, &b); err != errBroken || len(b.numbers) != 1 {
		t.Errorf("the reader ended with %v after %d packets, want the device's error after the first", err, len(b.numbers))
	}
}

// TestEmptyTriesDoNotSpin has a device that gives empty packets for ever.
func TestEmptyTriesDoNotSpin(t *testing.T) {
	d := newTryingEnd(4 * emptyReadsMax)
	for range len(d.in) {
		<-d.in
		d.in <- make([]byte, virtioHeaderBytes)
	}
	if err := readBatches(t, d, new(batchLog)); err != io.ErrNoProgress {
		t.Errorf("the reader ended with %v, want %v", err, io.ErrNoProgress)
	}
}
