package tun

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// familyBytes is the length of the address family before each packet.
const familyBytes = 4

// familyFile hides the address family that the utun devices of macOS and iOS
// put before each packet, in network byte order.
type familyFile struct {
	io.ReadWriteCloser
	inet, inet6 uint32 // the system's numbers of the families

	readMu   sync.Mutex
	readBuf  []byte
	writeMu  sync.Mutex
	writeBuf []byte
}

// newFamilyFile is given the numbers of AF_INET and AF_INET6, for that of the
// latter differs between systems.
func newFamilyFile(file io.ReadWriteCloser, inet, inet6 uint32) *familyFile {
	return &familyFile{ReadWriteCloser: file, inet: inet, inet6: inet6}
}

// Read reads one packet without its family. A blocked Read makes other calls
// of Read wait, not Write or Close.
func (f *familyFile) Read(p []byte) (int, error) {
	f.readMu.Lock()
	defer f.readMu.Unlock()
	f.readBuf = sized(f.readBuf, familyBytes+len(p))
	n, err := f.ReadWriteCloser.Read(f.readBuf)
	if err != nil {
		return 0, err
	}
	if n < familyBytes {
		return 0, fmt.Errorf("tun: a packet of %d bytes has no room for its address family: %w", n, io.ErrUnexpectedEOF)
	}
	return copy(p, f.readBuf[familyBytes:n]), nil
}

// Write writes one packet with its family, which is told by the packet's IP
// version.
func (f *familyFile) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, syscall.EINVAL
	}
	var family uint32
	switch p[0] >> 4 {
	case 4:
		family = f.inet
	case 6:
		family = f.inet6
	default:
		return 0, syscall.EINVAL // as Linux answers
	}
	f.writeMu.Lock()
	defer f.writeMu.Unlock()
	f.writeBuf = sized(f.writeBuf, familyBytes+len(p))
	binary.BigEndian.PutUint32(f.writeBuf, family)
	copy(f.writeBuf[familyBytes:], p)
	n, err := f.ReadWriteCloser.Write(f.writeBuf)
	return max(n-familyBytes, 0), err
}

// sized returns a buffer of n bytes, buf itself if it is large enough.
func sized(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
