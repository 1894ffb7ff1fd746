//go:build linux && !android

package test

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

// capture is dumpcap at work on one interface.
type capture struct {
	cmd    *exec.Cmd
	file   string
	stderr lockedBuffer
}

// captured is what tshark says of one packet: the fields of captureFields that
// it has, by their names.
type captured map[string]string

// captureFields are what tshark is asked for. A status of a checksum is
// sumBad, sumGood, or something else where there is nothing to verify.
var captureFields = []string{"ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "frame.number", "frame.len",
	"ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status", "icmpv6.checksum.status",
	"tcp.hdr_len", "tcp.len", "tcp.flags", "tcp.checksum", "tcp.checksum_calculated", "udp.length", "udp.checksum"}

// Values of the statuses.
const (
	sumBad  = "0"
	sumGood = "1"
)

// needCapture skips the test where there is no tshark with its dumpcap.
func needCapture(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"tshark", "dumpcap"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs tshark and dumpcap, the command-line Wireshark (Debian package tshark), in PATH")
		}
	}
}

// startCapture captures on device, in the network namespace that do runs in, and
// returns once it does.
func startCapture(t *testing.T, do func(func()), device string) *capture {
	t.Helper()
	c := &capture{file: filepath.Join(t.TempDir(), "capture.pcapng")}
	c.cmd = exec.Command("dumpcap", "-q", "-B", "64", "-i", device, "-w", c.file)
	c.cmd.Stderr = &c.stderr
	var err error
	do(func() { err = c.cmd.Start() })
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("needs a dumpcap that this user may run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	})
	wait.Until(t, func() bool {
		return strings.Contains(c.stderr.String(), "File:")
	}, "dumpcap has begun")
	return c
}

// stop ends the capture once it holds a last datagram, which is sent to address,
// and returns what tshark says of the packets.
func (c *capture) stop(t *testing.T, side tunSide, address string) []captured {
	t.Helper()
	const mark = "the capture ends with this datagram"
	conn, err := side.dial(tunContext(t), "udp", net.JoinHostPort(address, "9"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(mark)); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool {
		b, err := os.ReadFile(c.file)
		return err == nil && bytes.Contains(b, []byte(mark))
	}, "the capture holds the last datagram")
	if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("dumpcap: %v: %s", err, c.stderr.String())
	}
	return c.read(t)
}

// read has tshark verify every sum.
func (c *capture) read(t *testing.T) (packets []captured) {
	t.Helper()
	arguments := []string{"-n", "-r", c.file, "-T", "fields", "-E", "occurrence=f"}
	for _, preference := range []string{"ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"} {
		arguments = append(arguments, "-o", preference+":TRUE")
	}
	for _, f := range captureFields {
		arguments = append(arguments, "-e", f)
	}
	out, err := exec.Command("tshark", arguments...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != len(captureFields) {
			t.Fatalf("tshark: %d fields in %q, want %d", len(f), line, len(captureFields))
		}
		p := make(captured, len(f))
		for i, name := range captureFields {
			if f[i] != "" {
				p[name] = f[i]
			}
		}
		packets = append(packets, p)
	}
	return packets
}
