//go:build linux && !android

package test

import (
	"errors"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/test/ethtool"
	"github.com/seed-731cb71d/warren/tun"
)

// sumTransferBytes is how much each way of a connection carries while tshark
// looks.
const sumTransferBytes = 1 << 20

// TestTUNChecksums has tshark verify the checksums of all packets on the
// kernel's side of a device, without segmentation offload and with it.
//
// With offload a sum may be left to the kernel: captured at the device such a
// packet has the sum of its pseudo-header in the field, which is what offload
// means and nothing else may be there. That the kernel then makes good segments
// of it shows where it has to send them on: over a veth pair whose own offload
// is off, to a third host.
//
//	stack - warren0 - kernel, forwards - v0 - v1 - far host
//	        captured here                  and here
func TestTUNChecksums(t *testing.T) {
	needCapture(t)
	for _, offload := range []tun.Offload{tun.OffloadOff, tun.OffloadOn} {
		t.Run("offload "+offload.String(), func(t *testing.T) {
			inTUNNamespace(t, func(t *testing.T) { captureTransfers(t, offload) })
		})
	}
}

func captureTransfers(t *testing.T, offload tun.Offload) {
	far := newFarHost(t)
	b := newOffloadBed(t, tun.Config{Offload: offload})
	for _, feature := range []uint32{unix.ETHTOOL_STSO, unix.ETHTOOL_STXCSUM} {
		must(t, ethtool.SetFeature("v0", feature, false))
		far.do(func() { must(t, ethtool.SetFeature("v1", feature, false)) })
	}
	must(t, ethtool.SetFeature("v0", unix.ETHTOOL_SGRO, true)) // so that the kernel joins what it forwards to the stack
	near, beyond := startCapture(t, doHere, b.dev.Name()), startCapture(t, far.do, "v1")
	for family := range tunKernel {
		for _, p := range []tunPath{
			{b.kernel, b.inside, family}, {b.inside, b.kernel, family},
			{far.side, b.inside, family}, {b.inside, far.side, family},
		} {
			everyKindOfPacket(t, p)
		}
	}
	atDevice := near.stop(t, b.inside, tunKernel[0].Addr().String())
	onWire := beyond.stop(t, b.inside, vethFar[0].Addr().String())

	count := countSums(t, atDevice)
	t.Logf("at the device: %v", count)
	if off := offload == tun.OffloadOff; count["left to the kernel"] > 0 == off {
		t.Errorf("offload %v: %d packets were captured with their sum left to the kernel", offload, count["left to the kernel"])
	}
	count = countSums(t, onWire)
	t.Logf("on the wire: %v", count)
	if count["left to the kernel"] > 0 {
		t.Errorf("%d packets reached the far host without their sum", count["left to the kernel"])
	}
	if segments := 4 * 2 * sumTransferBytes / 1460; count["TCP"] < segments {
		t.Errorf("%d TCP packets were captured on the wire, want at least the %d segments of the data", count["TCP"], segments)
	}
	b.wantOffloadCounters(t, 1500, offload)
}

// everyKindOfPacket has a connection with data both ways, a refused one, and
// datagrams, of which one needs fragments.
func everyKindOfPacket(t *testing.T, p tunPath) {
	t.Helper()
	client, server := p.connect(t)
	for _, err := range []error{
		randomTransfer(client, server, 1, sumTransferBytes),
		randomTransfer(server, client, 2, sumTransferBytes),
	} {
		if err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if c, err := p.client.dial(tunContext(t), "tcp", p.address(1)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%s, to a closed port: %v, %v, want a refusal", p, c, err)
	}
	datagrams(t, p, 0, 1, 1001, 8000)
}
