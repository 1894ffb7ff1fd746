package netstack

// Link is the lower edge of a stack: it moves IP packets, without a link
// header, between the stack and a device, another stack, a tunnel or a
// simulated path. One Link belongs to one stack at a time.
//
// A decorator is a Link around a Link: it embeds the inner one, wraps the
// Receiver it is attached to, and passes packets on unchanged. Nothing in
// that costs an allocation per packet.
type Link interface {
	// MTU is the largest IP packet, in bytes, that Send accepts without
	// segmentation offload. It does not change after Attach.
	MTU() int

	// Offload says which of the stack's work the link takes over. It does
	// not change after Attach.
	Offload() Offload

	// Attach gives the link its receiver and starts delivery. New calls it
	// once, before the first Send. An error makes New fail with it.
	Attach(r Receiver) error

	// Send transmits pkts in order and takes over one reference of each,
	// including those it drops. The slice itself is borrowed for the call.
	// n counts the packets accepted; packets beyond n were dropped, which
	// the stack counts. Send does not wait for the far side; a full queue
	// drops. It may be called concurrently and from inside the stack, so it
	// must not call back into it on the same goroutine; a link that
	// delivers inline to another stack may. After Close, or once the link
	// is dead, it drops everything and returns net.ErrClosed or the cause.
	Send(pkts []*Packet) (n int, err error)

	// Close detaches the receiver and gives back descriptors, goroutines
	// and queued packets. When it has returned, no Deliver is running and
	// none will follow. Close is idempotent; it must not be called from
	// inside Deliver.
	Close() error
}

// Receiver is the stack's side of a Link. Its methods may be called
// concurrently, from any goroutine that does not hold a lock needed by Send.
type Receiver interface {
	// Deliver hands received packets to the stack in order and takes over
	// one reference of each. The slice is borrowed for the call. Deliver
	// only queues; it does not wait for the application.
	Deliver(pkts []*Packet)

	// LinkDown says that the link has died and will deliver nothing more;
	// err is the cause and must not be nil. The stack ends with that error:
	// see Stack.Done. Later calls have no effect. A link that is closed by
	// the stack itself does not call it.
	LinkDown(err error)
}

// Offload lists the work that a Link takes over from the stack. The zero
// value is a plain link: packets of at most MTU bytes with all checksums
// filled in and to be verified.
type Offload struct {
	// SegmentBytesMax, if above MTU, lets the stack send TCP packets of up
	// to this many bytes (at most 65535) and leave their segmentation to
	// the link: Packet.GSO gives the segment size. Such packets carry
	// ChecksumPartial.
	SegmentBytesMax int

	// TxChecksum means that the link needs no transport checksum on any
	// packet it sends (an in-memory link), so none is computed.
	TxChecksum bool

	// RxChecksum means that the link vouches for the checksums of TCP, UDP
	// and IPv4 headers in what it delivers, so the stack does not verify
	// them.
	RxChecksum bool
}
