//go:build !android

package tun_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/tun"
)

// withOffload opens a device that has the kernel's offload; where the kernel
// has none the test is skipped.
func withOffload(t *testing.T, c tun.Config) *tun.Device {
	t.Helper()
	d := open(t, c)
	if err := d.Offload(); err != nil {
		t.Skipf("needs a kernel with segmentation offload: %v", err)
	}
	return d
}

// virtioBuffers are pieces for a packet of any size.
func virtioBuffers() [][]byte {
	return [][]byte{make([]byte, 64), make([]byte, 0), make([]byte, 1000), make([]byte, 65536)}
}

// gathered is the packet of n bytes that was read into bufs.
func gathered(bufs [][]byte, n int) []byte { return bytes.Join(bufs, nil)[:n] }

func TestVirtioBothWays(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := withOffload(t, tun.Config{Name: "w0", Addresses: prefixes("10.1.0.1/24"), Offload: tun.OffloadOn})
		for range 2 { // twice is once
			if err := d.EnableVirtio(); err != nil {
				t.Fatal(err)
			}
		}
		kernel, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(10, 1, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer kernel.Close()
		if _, err := kernel.WriteToUDPAddrPort([]byte("out"), netip.MustParseAddrPort("10.1.0.2:7")); err != nil {
			t.Fatal(err)
		}
		header, p := readVirtioUDP(t, d)
		if len(p) != 31 || string(p[28:]) != "out" {
			t.Errorf("read %x", p)
		}
		if at := binary.NativeEndian.Uint16(header[6:]); header[0]&1 == 0 || at != 20 {
			t.Errorf("header %x: the checksum is not left to the reader", header)
		}

		in := udp(kernel.LocalAddr().(*net.UDPAddr).AddrPort().Port(), "in")
		empty := make([]byte, tun.VirtioHeaderBytes)
		if err := d.WriteVirtio(empty, [][]byte{in[:5], nil, in[5:]}); err != nil {
			t.Fatalf("WriteVirtio: %v", err)
		}
		buf := make([]byte, 10)
		if n, _, err := kernel.ReadFromUDPAddrPort(buf); err != nil || string(buf[:n]) != "in" {
			t.Errorf("the kernel received %q, %v", buf[:n], err)
		}
		pieces := bytes.Split(udp(9, strings.Repeat("x", 1200)), nil) // more than the kernel takes in one call
		if err := d.WriteVirtio(empty, pieces); err != nil {
			t.Errorf("WriteVirtio of %d pieces: %v", len(pieces), err)
		}
	})
}

// readVirtioUDP reads until it has an IPv4 packet with UDP.
func readVirtioUDP(t *testing.T, d *tun.Device) (header, packet []byte) {
	t.Helper()
	header = make([]byte, tun.VirtioHeaderBytes)
	for {
		bufs := virtioBuffers()
		n, err := d.ReadVirtio(header, bufs)
		if err != nil {
			t.Fatal(err)
		}
		if p := gathered(bufs, n); n > 28 && p[0]>>4 == 4 && p[9] == unix.IPPROTO_UDP {
			return header, p
		}
	}
}

func TestVirtioMistakes(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := withOffload(t, tun.Config{Name: "w0", Addresses: prefixes("10.1.0.1/24")})
		header, whole := make([]byte, tun.VirtioHeaderBytes), [][]byte{udp(9, "x")}
		if err := d.WriteVirtio(header, whole); !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "EnableVirtio") {
			t.Errorf("WriteVirtio before EnableVirtio: %v, want EINVAL that names it", err)
		}
		if _, err := d.ReadVirtio(header, virtioBuffers()); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("ReadVirtio before EnableVirtio: %v, want EINVAL", err)
		}
		if err := d.EnableVirtio(); err != nil {
			t.Fatal(err)
		}
		for _, short := range [][]byte{nil, make([]byte, 9), make([]byte, 12)} {
			if err := d.WriteVirtio(short, whole); !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), fmt.Sprintf("%d bytes", len(short))) {
				t.Errorf("WriteVirtio with a header of %d bytes: %v", len(short), err)
			}
			if _, err := d.ReadVirtio(short, virtioBuffers()); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("ReadVirtio with a header of %d bytes: %v", len(short), err)
			}
		}
		lie := []byte{1, 1, 0, 0, 0, 0, 0xff, 0xff, 0, 0}
		for name, err := range map[string]error{
			"a header that lies": d.WriteVirtio(lie, whole),
			"nothing":            d.WriteVirtio(header, nil),
			"no IP":              d.WriteVirtio(header, [][]byte{{0x00, 1, 2}}),
		} {
			if !errors.Is(err, syscall.EINVAL) {
				t.Errorf("WriteVirtio of %s: %v, want EINVAL", name, err)
			}
		}
		plainFails(t, d)
		if err := d.WriteVirtio(header, whole); err != nil {
			t.Errorf("WriteVirtio after all that: %v", err)
		}
		d.Close()
		if err := d.WriteVirtio(header, whole); err != net.ErrClosed {
			t.Errorf("WriteVirtio after Close: %v, want net.ErrClosed", err)
		}
		if _, err := d.ReadVirtio(header, virtioBuffers()); err != net.ErrClosed {
			t.Errorf("ReadVirtio after Close: %v, want net.ErrClosed", err)
		}
	})
}

// plainFails wants EINVAL of the calls that know no headers.
func plainFails(t *testing.T, d *tun.Device) {
	t.Helper()
	buf := make([]byte, d.MTU())
	_, read := d.Read(buf)
	_, write := d.Write(udp(9, "x"))
	_, reads := d.ReadPackets([][]byte{buf}, make([]int, 1))
	_, writes := d.WritePackets([][]byte{udp(9, "x")})
	for name, err := range map[string]error{"Read": read, "Write": write, "ReadPackets": reads, "WritePackets": writes} {
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "EnableVirtio") {
			t.Errorf("%s after EnableVirtio: %v, want EINVAL that names it", name, err)
		}
	}
}

// TestReadPacketsTakesWhatWaits reads many packets at once, whichever way the
// device was opened.
func TestReadPacketsTakesWhatWaits(t *testing.T) {
	for _, offload := range []tun.Offload{tun.OffloadAuto, tun.OffloadOff} {
		t.Run(offload.String(), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				d := open(t, tun.Config{Name: "w0", Addresses: prefixes("10.1.0.1/24"), Offload: offload})
				if offload == tun.OffloadOff && !errors.Is(d.Offload(), errors.ErrUnsupported) {
					t.Errorf("Offload: %v, want errors.ErrUnsupported", d.Offload())
				}
				readManyUDP(t, d)
				if n, err := d.WritePackets([][]byte{udp(9, "x"), {0x75}, udp(9, "y")}); n != 1 || !errors.Is(err, syscall.EINVAL) {
					t.Errorf("WritePackets = %d, %v: want the second refused with EINVAL", n, err)
				}
				short := [][]byte{make([]byte, 1500), make([]byte, 1499)}
				if _, err := d.ReadPackets(short, make([]int, 2)); !errors.Is(err, io.ErrShortBuffer) {
					t.Errorf("ReadPackets into a short buffer: %v, want io.ErrShortBuffer", err)
				}
				for _, sizes := range []int{0, 1} {
					if _, err := d.ReadPackets(short[:2*sizes], make([]int, sizes)); !errors.Is(err, syscall.EINVAL) {
						t.Errorf("ReadPackets into %d buffers with %d sizes: %v, want EINVAL", 2*sizes, sizes, err)
					}
				}
			})
		})
	}
}

// readManyUDP sends datagrams into d and reads them, in order, in fewer calls
// than there are datagrams.
func readManyUDP(t *testing.T, d *tun.Device) {
	t.Helper()
	const datagrams = 100
	c, err := net.Dial("udp4", "10.1.0.2:7")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range datagrams {
		if _, err := fmt.Fprintf(c, "datagram %d", i); err != nil {
			t.Fatal(err)
		}
	}
	bufs, sizes := make([][]byte, d.BatchSize()), make([]int, d.BatchSize())
	for i := range bufs {
		bufs[i] = make([]byte, d.MTU())
	}
	next, calls := 0, 0
	for next < datagrams {
		n, err := d.ReadPackets(bufs, sizes)
		if err != nil {
			t.Fatal(err)
		}
		calls++
		for i := range n {
			p := bufs[i][:sizes[i]]
			if p[0]>>4 != 4 || p[9] != unix.IPPROTO_UDP {
				continue
			}
			if want := fmt.Sprintf("datagram %d", next); string(p[28:]) != want {
				t.Fatalf("read %q, want %q", p[28:], want)
			}
			next++
		}
	}
	if d.BatchSize() > 1 && calls > datagrams/2 {
		t.Errorf("%d calls for %d waiting packets", calls, datagrams)
	}
}

// TestCloseWakesVirtioReaders closes devices while reads sleep, and while they
// keep trying because they were told to.
func TestCloseWakesVirtioReaders(t *testing.T) {
	for _, poll := range []time.Duration{0, time.Hour} {
		t.Run(poll.String(), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				for range 10 {
					d := withOffload(t, tun.Config{})
					if err := d.EnableVirtio(); err != nil {
						t.Fatal(err)
					}
					d.SetBusyPoll(poll)
					ended := make(chan error, 2)
					for range 2 {
						go func() {
							for {
								if _, err := d.ReadVirtio(make([]byte, tun.VirtioHeaderBytes), virtioBuffers()); err != nil {
									ended <- err
									return
								}
							}
						}()
					}
					runtime.Gosched()
					d.Close()
					for range 2 {
						if err := <-ended; err != net.ErrClosed {
							t.Errorf("ReadVirtio: %v, want net.ErrClosed", err)
						}
					}
				}
			})
		})
	}
}

func TestDeletedVirtioDevice(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := withOffload(t, tun.Config{Name: "doomed"})
		if err := d.EnableVirtio(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		header := make([]byte, tun.VirtioHeaderBytes)
		go func() {
			for {
				if _, err := d.ReadVirtio(make([]byte, tun.VirtioHeaderBytes), virtioBuffers()); err != nil {
					ended <- err
					return
				}
			}
		}()
		down(t, "doomed")
		if err := d.WriteVirtio(header, [][]byte{udp(9, "x")}); !errors.Is(err, syscall.EIO) {
			t.Errorf("WriteVirtio while down: %v, want EIO", err)
		}
		remove(t, "doomed")
		if err := <-ended; !errors.Is(err, tun.ErrGone) {
			t.Errorf("the waiting ReadVirtio: %v, want tun.ErrGone", err)
		}
		if err := d.WriteVirtio(header, [][]byte{udp(9, "x")}); !errors.Is(err, tun.ErrGone) {
			t.Errorf("WriteVirtio: %v, want tun.ErrGone", err)
		}
		if err := d.EnableVirtio(); err == nil {
			t.Error("EnableVirtio of a deleted device succeeds")
		}
		wait.Until(t, func() bool { return !exists("doomed") }, "the device is gone")
	})
}
