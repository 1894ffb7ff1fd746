//go:build !android

package tun

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Fields of a virtio_net_hdr (VIRTIO 1.2, section 5.1.6.1), in the machine's
// byte order.
const (
	virtioNeedsChecksum = 1
	virtioTCPv4         = 1
	virtioTCPv6         = 4
)

// openHeaded opens the device with virtio headers, and asks the kernel whether
// it takes from us what we would send with them.
func openHeaded(name string, persist bool) (*os.File, string, error) {
	fd, err := unix.Open(clone, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", noClone(err)
	}
	shown, err := headed(fd, name, persist)
	if err != nil {
		unix.Close(fd)
		return nil, "", err
	}
	return os.NewFile(uintptr(fd), shown), shown, nil
}

// headed makes fd a device with virtio headers.
func headed(fd int, name string, persist bool) (shown string, err error) {
	if err := setInterface(fd, name, unix.IFF_TUN|unix.IFF_NO_PI|unix.IFF_VNET_HDR); err != nil {
		return "", fmt.Errorf("IFF_VNET_HDR: %w", err)
	}
	if _, shown, err = getInterface(fd); err != nil {
		return "", fmt.Errorf("TUNGETIFF: %w", err)
	}
	if err := setHeaderBytes(fd); err != nil {
		return "", err
	}
	if err := selfTest(fd); err != nil {
		return "", err
	}
	if persist {
		if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
			return "", fmt.Errorf("TUNSETPERSIST: %w", err)
		}
	}
	return shown, nil
}

// selfTest asks the kernel for each offload in turn, and hands it two segments
// joined to one packet, as it gets them later. Some kernels answer EINVAL to
// them although they have agreed to the offload. The packets come to nothing: a
// new device is down, which the kernel tells with EIO after it has looked at the
// header, and one that is up drops a packet from the unspecified address. A new
// device has counted them as dropped then (rx_dropped).
//
// It ends as it began, with no offload: EnableVirtio asks for it again.
func selfTest(fd int) error {
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, virtioOffloads); err != nil {
		return fmt.Errorf("TUNSETOFFLOAD: %w", err)
	}
	for _, v6 := range []bool{false, true} {
		if _, err := unix.Write(fd, joinedSegments(v6)); err != nil && !errors.Is(err, unix.EIO) {
			return fmt.Errorf("writing two TCP segments joined (IPv6 %t): %w", v6, err)
		}
	}
	if err := leavePlain(fd); err != nil {
		return fmt.Errorf("TUNSETOFFLOAD 0: %w", err)
	}
	return nil
}

// joinedSegments is a TCP packet of two segments of 100 bytes, from and to the
// unspecified address, behind its virtio header.
func joinedSegments(v6 bool) []byte {
	const segment, tcpBytes = 100, 20
	ipBytes, kind := 20, byte(virtioTCPv4)
	if v6 {
		ipBytes, kind = 40, virtioTCPv6
	}
	p := make([]byte, VirtioHeaderBytes+ipBytes+tcpBytes+2*segment)
	p[0], p[1] = virtioNeedsChecksum, kind
	order := binary.NativeEndian
	order.PutUint16(p[2:], uint16(ipBytes+tcpBytes)) // hdr_len
	order.PutUint16(p[4:], segment)                  // gso_size
	order.PutUint16(p[6:], uint16(ipBytes))          // csum_start
	order.PutUint16(p[8:], 16)                       // csum_offset, of TCP

	ip := p[VirtioHeaderBytes:]
	if v6 {
		ip[0], ip[6], ip[7] = 6<<4, unix.IPPROTO_TCP, 1
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipBytes))
	} else {
		ip[0], ip[8], ip[9] = 4<<4|5, 1, unix.IPPROTO_TCP
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	}
	ip[ipBytes+12] = tcpBytes / 4 << 4 // data offset
	ip[ipBytes+13] = 0x10              // ACK
	return p
}
