//go:build linux && !android

package test

import (
	"bytes"
	"encoding/binary"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// tunPingBytes are the data of echo requests: ping's default and what needs
// fragments at MTU 1500.
var tunPingBytes = []int{56, 8000}

// TestTUNPing sends echo requests either way, from the stack, from a raw
// socket, and with the program ping.
func TestTUNPing(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		b := newTUNBed(t, 1500)
		t.Run("stack", func(t *testing.T) {
			for _, p := range tunKernel {
				for _, size := range tunPingBytes {
					reply, err := b.stack.Ping(tunContext(t), p.Addr(), netstack.PingOptions{PayloadBytes: size})
					if err != nil || reply.From != p.Addr() || reply.PayloadBytes != size {
						t.Errorf("%d bytes to %v: %+v, %v", size, p.Addr(), reply, err)
					}
				}
			}
		})
		t.Run("kernel", func(t *testing.T) {
			for _, size := range tunPingBytes {
				pingRaw(t, "ip4:icmp", tunStack[0].Addr().String(), 8, 0, size)
				pingRaw(t, "ip6:ipv6-icmp", tunStack[1].Addr().String(), 128, 129, size)
			}
		})
		t.Run("ping", func(t *testing.T) {
			ping, err := exec.LookPath("ping")
			if err != nil {
				t.Skipf("needs the program ping: %v", err)
			}
			for _, p := range tunStack {
				for _, size := range tunPingBytes {
					var out bytes.Buffer
					runProgram(t, nil, &out, ping, "-n", "-c", "2", "-i", "0.2", "-W", "10", "-s", strconv.Itoa(size), p.Addr().String())
					if !bytes.Contains(out.Bytes(), []byte(" 0% packet loss")) {
						t.Errorf("%s", &out)
					}
				}
			}
		})
	})
}

// pingRaw sends an echo request of the given ICMP type through a raw socket of
// the kernel and awaits the reply with the same contents.
func pingRaw(t *testing.T, network, address string, request, reply byte, size int) {
	t.Helper()
	dialled, err := net.Dial(network, address)
	if err != nil {
		t.Skipf("needs a raw socket: %v", err)
	}
	c := dialled.(*net.IPConn)
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(tunGuard)); err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 8+size)
	message[0] = request
	binary.BigEndian.PutUint32(message[4:], 0x77000001) // identifier, sequence number
	if _, err := testStream(9).Read(message[8:]); err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint16(message[2:], internetChecksum(message)) // the kernel does IPv6's
	if _, err := c.Write(message); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 65536)
	for {
		n, _, err := c.ReadFrom(got) // without the IPv4 header, unlike Read
		if err != nil {
			t.Fatalf("%d bytes to %s: %v", size, address, err)
		}
		if n >= 8 && got[0] == reply && bytes.Equal(got[4:n], message[4:]) {
			return
		}
	}
}

// internetChecksum is RFC 1071's sum of an even number of bytes.
func internetChecksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
