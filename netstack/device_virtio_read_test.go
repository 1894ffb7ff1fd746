package netstack

import "testing"

// TestDamagedPacketsDoNotEndAVirtioDevice delivers many packets in a row with a
// wrong checksum, many with a header that lies, and one that is too long: anybody
// may send the former to a device, and none of them says that it is dead.
func TestDamagedPacketsDoNotEndAVirtioDevice(t *testing.T) {
	const many = 3 * emptyReadsMax
	near, far := virtioPair()
	s := deviceStack(t, near, DeviceConfig{QueueMax: -1})
	damaged := superPacket(t, 100)
	defer damaged.Release()
	lie := virtioHeader{gsoType: 77}
	for range many {
		var header [virtioHeaderBytes]byte // nothing vouched for, and the sum is a partial one
		far.out <- append(header[:], packetBytes(damaged)...)
		lie.put(header[:])
		far.out <- append(header[:], packetBytes(damaged)...)
	}
	far.out <- make([]byte, virtioHeaderBytes+packetBytesMax+1)
	far.out <- append(make([]byte, virtioHeaderBytes), echoRequest(10)...)
	reply := <-far.in
	if len(reply) <= virtioHeaderBytes {
		t.Fatalf("the reply to an echo request has %d bytes", len(reply))
	}
	if o := s.Stats().Interfaces[1].Offload; o.ChecksumsTCP != many || o.BadHeaders != many+1 {
		t.Errorf("offload counters are %+v: want %d bad TCP checksums and one bad header more", o, many)
	}
	if err := s.Err(); err != nil {
		t.Errorf("the stack has ended: %v", err)
	}
}

// TestVirtioDeviceThatOnlyGivesNothingIsDead reads empty packets for ever.
func TestVirtioDeviceThatOnlyGivesNothingIsDead(t *testing.T) {
	s := deviceStack(t, &emptyVirtio{}, DeviceConfig{QueueMax: -1})
	<-s.Done()
	if s.Err() == nil {
		t.Error("a dead device has ended the stack without an error")
	}
}

// emptyVirtio is a device with virtio headers that gives nothing.
type emptyVirtio struct{ virtioEnd }

func (*emptyVirtio) Close() error                             { return nil }
func (*emptyVirtio) ReadVirtio([]byte, [][]byte) (int, error) { return 0, nil }
