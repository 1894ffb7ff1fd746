//go:build linux && !android

package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestTUNIperf3 puts the stack between an iperf3 client and an iperf3 server,
// both of the kernel: the client talks to a listener of the stack, which
// passes each connection on with a dial of the stack. So every byte crosses
// the device four times, as two kernels see it.
func TestTUNIperf3(t *testing.T) {
	inTUNNamespace(t, func(t *testing.T) {
		iperf3, err := exec.LookPath("iperf3")
		if err != nil {
			t.Skipf("needs the program iperf3: %v", err)
		}
		b := newTUNBed(t, 1500)
		for family := range tunStack {
			in := tunPath{client: b.kernel, server: b.inside, family: family}
			out := tunPath{client: b.inside, server: b.kernel, family: family}
			t.Run(in.String(), func(t *testing.T) {
				for _, way := range [][]string{nil, {"--reverse"}, {"--parallel", "4"}} {
					t.Run(strings.Join(append([]string{"client"}, way...), " "), func(t *testing.T) {
						// A server for each run: one that has just served says
						// for a moment that it is busy.
						target := out.address(startIperf3(t, iperf3, out))
						host, port := splitAddress(t, relay(t, in, out, target))
						var report bytes.Buffer
						bytes := strconv.FormatInt(tunTransferBytes(), 10)
						runProgram(t, nil, &report, iperf3, append([]string{"--json", "--client", host, "--port", port,
							"--bytes", bytes, "--connect-timeout", "10000"}, way...)...)
						checkIperf3(t, report.Bytes(), tunTransferBytes())
					})
				}
			})
		}
	})
}

// startIperf3 starts a server on the kernel's address and returns its port
// when it listens; the test's end stops it.
func startIperf3(t *testing.T, iperf3 string, p tunPath) (port uint16) {
	t.Helper()
	port = 5201 // its own, outside the range of ephemeral ports
	cmd := exec.Command(iperf3, "--server", "--forceflush", "--bind", p.server.addresses[p.family].Addr().String(),
		"--port", strconv.Itoa(int(port)))
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	listening := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "listening") {
				select {
				case listening <- true:
				default:
				}
			}
		}
		close(listening)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		for range listening { // until the output has ended
		}
		cmd.Wait() // which says that it was killed
	})
	if !<-listening {
		t.Fatal("the iperf3 server ended before it listened")
	}
	return port
}

func splitAddress(t *testing.T, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// relay listens as in's server, passes each connection on to target as out's
// client, half-closes included, and returns its address. The test's end waits
// until it has stopped.
func relay(t *testing.T, in, out tunPath, target string) string {
	t.Helper()
	l := in.listen(t)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return // the listener is closed
			}
			running.Go(func() {
				defer from.Close()
				to, err := out.client.dial(t.Context(), "tcp", target)
				if err != nil {
					return // which the program notices
				}
				defer to.Close()
				var ways sync.WaitGroup
				ways.Go(func() { passOn(to.(halfConn), from.(halfConn)) })
				ways.Go(func() { passOn(from.(halfConn), to.(halfConn)) })
				ways.Wait()
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String()
}

// passOn copies to the end of the stream and passes the end on. After an
// error both connections are done with.
func passOn(to, from halfConn) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	to.CloseWrite() // fails where the other direction has ended with an error
}

// checkIperf3 reads what a run came to. How much the server had when the
// client was done says little, the rest being on its way through the relay: of
// a short run it may be nothing. That the bytes get through unchanged is for
// TestTUNTransfer to show; here iperf3's own protocol has to come to its end.
func checkIperf3(t *testing.T, report []byte, bytes int64) {
	t.Helper()
	var result struct {
		Error string
		End   struct {
			Sent     struct{ Bytes int64 } `json:"sum_sent"`
			Received struct{ Bytes int64 } `json:"sum_received"`
		}
	}
	if err := json.Unmarshal(report, &result); err != nil {
		t.Fatalf("%v in %s", err, report)
	}
	if result.Error != "" || result.End.Sent.Bytes < bytes {
		t.Errorf("sent %d of %d bytes, received %d, error %q", result.End.Sent.Bytes, bytes, result.End.Received.Bytes, result.Error)
	}
}
