package netstack

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"testing"
)

// TestPlainDevicesCutAndJoin sends through devices that know no offload: packets
// of at most the MTU, which one side cuts out of super-packets and the other
// joins again.
func TestPlainDevicesCutAndJoin(t *testing.T) {
	before := packetsLive.Load()
	x, y := make(chan []byte, 4096), make(chan []byte, 4096)
	near, far := &vectorDevice{fakeDevice: newFakeDevice()}, &vectorDevice{fakeDevice: newFakeDevice()}
	near.in, near.out, far.in, far.out = x, y, y, x
	a, b := deviceStack(t, near, DeviceConfig{QueueMax: -1}), otherDeviceStack(t, far)
	client, server := streamBetween(t, a, b)

	data := make([]byte, 4<<20)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	go func() {
		defer client.CloseWrite()
		if _, err := client.Write(data); err != nil {
			t.Error(err)
		}
	}()
	h := sha256.New()
	if n, err := io.Copy(h, server); err != nil || n != int64(len(data)) {
		t.Fatalf("received %d of %d bytes, %v", n, len(data), err)
	}
	if want := sha256.Sum256(data); !bytes.Equal(h.Sum(nil), want[:]) {
		t.Fatal("what arrived is not what was sent")
	}
	if o := a.Stats().Interfaces[1].Offload; o.Cut == 0 || o.SuperPacketsOut != 0 {
		t.Errorf("the sender's counters are %+v, want packets cut here and none by the device", o)
	}
	if o := b.Stats().Interfaces[1].Offload; o.Joined == 0 || o.ChecksumsTCP != 0 {
		t.Errorf("the receiver's counters are %+v, want segments joined and no bad checksum", o)
	}
	a.Close()
	b.Close()
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after Close", live)
	}
}

// TestDeviceLinkDropsDamagedPackets has a device deliver packets with a byte
// changed: the link vouches for checksums, so it must notice.
func TestDeviceLinkDropsDamagedPackets(t *testing.T) {
	dev := newFakeDevice()
	s := deviceStack(t, dev, DeviceConfig{})
	p := superPacket(t, 100) // its TCP checksum is not complete
	dev.in <- packetBytes(p)
	p.Release()
	header := echoRequest(0)
	header[8] ^= 1
	dev.in <- header
	eventually(t, func() bool { return s.Stats().Drops.Checksum == 1 && s.Stats().Drops.Malformed == 1 },
		"a damaged TCP segment and a damaged IPv4 header are counted")
}
