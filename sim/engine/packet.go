package engine

// Packet is one IP packet in transit: a reference-counted buffer whose bytes
// nobody changes. The packets of the stack are such.
type Packet interface {
	// Len is the size in bytes.
	Len() int
	// Segments yields the bytes in order as borrowed slices.
	Segments(yield func([]byte) bool)
	// Retain adds a reference for another holder.
	Retain()
	// Release gives one reference back.
	Release()
}
