package tun

import (
	"errors"
	"fmt"
)

// Offload says whether the kernel segments, joins and sums for the reader of a
// device: packets then carry a virtio_net_hdr, and one system call moves up to
// 64 KiB whatever the MTU.
type Offload uint8

const (
	// OffloadAuto uses the kernel's offload where there is one and its
	// self-test passes, and else opens the device without.
	OffloadAuto Offload = iota
	// OffloadOn makes Open fail where the kernel's offload cannot be had.
	OffloadOn
	// OffloadOff opens the device without, through songgao/water.
	OffloadOff
)

var offloadNames = [...]string{"auto", "on", "off"}

// String is "auto", "on" or "off".
func (o Offload) String() string {
	if int(o) < len(offloadNames) {
		return offloadNames[o]
	}
	return fmt.Sprintf("Offload(%d)", uint8(o))
}

// MarshalText is String, for configuration files.
func (o Offload) MarshalText() ([]byte, error) {
	if int(o) >= len(offloadNames) {
		return nil, fmt.Errorf("tun: Offload %d: must be OffloadAuto, OffloadOn or OffloadOff", uint8(o))
	}
	return []byte(o.String()), nil
}

// UnmarshalText takes "auto", "on" and "off".
func (o *Offload) UnmarshalText(text []byte) error {
	for i, name := range offloadNames {
		if string(text) == name {
			*o = Offload(i)
			return nil
		}
	}
	return fmt.Errorf("tun: offload %q: must be auto, on or off", text)
}

// noOffload says why a device has no offload.
func noOffload(name, why string) error {
	return fmt.Errorf("tun: %s has no segmentation offload: %s: %w", name, why, errors.ErrUnsupported)
}

// refusedOffload is what Open answers to OffloadOn where there is no offload.
func refusedOffload(why string) error {
	return fmt.Errorf("tun: Config.Offload on: the device has no segmentation offload: %s: %w; OffloadAuto does without",
		why, errors.ErrUnsupported)
}
