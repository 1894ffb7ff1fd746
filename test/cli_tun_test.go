//go:build linux && !android

package test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/seed-731cb71d/warren/tun"
)

// cliTUNTests run in a network namespace each, with the binary's stack on one
// end of a TUN device and the kernel on the other.
var cliTUNTests = []cliTest{
	{"http over TUN", inCLINamespace(testCLIServeHTTP)},
	{"stat finds serve", inCLINamespace(testCLIStatFindsServe)},
	{"http drains", inCLINamespace(testCLIHTTPDrains)},
	{"echo over TUN", inCLINamespace(testCLIServeEcho)},
	{"offload", inCLINamespace(testCLIOffload)},
	{"echo is cut", inCLINamespace(testCLIEchoIsCut)},
	{"second interrupt", inCLINamespace(testCLISecondInterrupt)},
	{"no drain", inCLINamespace(testCLINoDrain)},
	{"hang-up", inCLINamespace(testCLIHangUp)},
	{"output gone", inCLINamespace(testCLIOutputGone)},
	{"listen", inCLINamespace(testCLIListen)},
	{"listen keeps open", inCLINamespace(testCLIListenKeepOpen)},
	{"connect", inCLINamespace(testCLIConnect)},
	{"ping", inCLINamespace(testCLIPing)},
	{"device deleted", inCLINamespace(testCLIDeviceDeleted)},
	{"prepared device", inCLINamespace(testCLIPreparedDevice)},
	{"environment", inCLINamespace(testCLIEnvironment)},
	{"no device node", inCLINamespace(testCLINoDeviceNode)},
	{"failures", inCLINamespace(testCLIFailures)},
}

func inCLINamespace(body func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { inTUNNamespace(t, body) }
}

// Both ends of the device in these tests.
const (
	cliStack4, cliStack6   = "10.7.0.2", "fd07::2"
	cliKernel4, cliKernel6 = "10.7.0.1", "fd07::1"
)

var cliAddresses = []string{"--addr", cliStack4 + "/24", "--addr", cliStack6 + "/64"}

// startServe starts a serve on both families and waits until it is ready.
// path is its control socket.
func startServe(t *testing.T, args ...string) (c *command, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "c.sock")
	args = append(append([]string{"serve"}, args...), cliAddresses...)
	c = startCLI(t, append(args, "--tun", "w0", "--control", path, "--json")...)
	c.await(t, &c.stdout, `"ready"`)
	return c, path
}

// wantGone wants neither the device nor the control socket to be left.
func wantGone(t *testing.T, path string) {
	t.Helper()
	if _, err := net.InterfaceByName("w0"); err == nil {
		t.Error("the device is still there")
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the control socket is still there: %v", err)
	}
}

// testCLIServeHTTP fetches 100 MB with curl and pings the server.
func testCLIServeHTTP(t *testing.T) {
	bytes := int64(100_000_000)
	if testing.Short() {
		bytes = 10_000_000
	}
	dir := t.TempDir()
	sum := sha256.New()
	file, err := os.Create(filepath.Join(dir, "large"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.MultiWriter(file, sum), testStream(1), bytes); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	c, path := startServe(t, "http", dir)
	for _, host := range []string{cliStack4, cliStack6} {
		t.Run("curl "+host, func(t *testing.T) {
			wantFetched(t, "http://"+net.JoinHostPort(host, "80")+"/large", bytes, sum.Sum(nil))
		})
		t.Run("ping "+host, func(t *testing.T) { wantPingAnswered(t, host) })
	}
	t.Run("stat", func(t *testing.T) { wantStat(t, path) })
	c.interrupt(t)
	c.wantExit(t, cliOK)
	wantGone(t, path)
}

// wantFetched fetches url with curl and compares.
func wantFetched(t *testing.T, url string, bytes int64, sum []byte) {
	t.Helper()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("needs curl (apt-get install curl)")
	}
	cmd := exec.Command(curl, "--silent", "--show-error", "--fail", "--globoff", "--noproxy", "*", "--max-time", "120", url)
	got := sha256.New()
	var errs strings.Builder
	counter := &countingWriter{w: got}
	cmd.Stdout, cmd.Stderr = counter, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, &errs)
	}
	if counter.bytes != bytes || hex.EncodeToString(got.Sum(nil)) != hex.EncodeToString(sum) {
		t.Errorf("%s: %d bytes with SHA-256 %x, want %d with %x", url, counter.bytes, got.Sum(nil), bytes, sum)
	}
}

type countingWriter struct {
	w     io.Writer
	bytes int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.bytes += int64(n)
	return n, err
}

func wantPingAnswered(t *testing.T, host string) {
	t.Helper()
	ping, err := exec.LookPath("ping")
	if err != nil {
		t.Skip("needs ping (apt-get install iputils-ping)")
	}
	if out, err := exec.Command(ping, "-n", "-c", "2", "-i", "0.2", "-W", "10", host).CombinedOutput(); err != nil {
		t.Errorf("ping %s: %v\n%s", host, err, out)
	}
}

// wantStat looks at the control socket of a serve http and at what stat prints
// of it.
func wantStat(t *testing.T, path string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("control socket: %v, %v, want a socket of mode 0600", info, err)
	}
	c := startCLI(t, "stat", path)
	c.wantExit(t, cliOK)
	for _, want := range []string{"serve http", "device w0, MTU 1500", "offload o", "LISTEN", "TCP.SegmentsIn", "ICMP.EchoRepliesOut"} {
		if !strings.Contains(c.stdout.String(), want) {
			t.Errorf("stat says %q, want %q in it", &c.stdout, want)
		}
	}
	c = startCLI(t, "stat", "--json", path)
	c.wantExit(t, cliOK)
	var report struct {
		Device  string
		PID     int
		Service map[string]any
		Sockets []struct{ Network, State, Local, Text string }
		Stats   struct{ TCP struct{ SegmentsOut uint64 } }
	}
	if err := json.NewDecoder(strings.NewReader(c.stdout.String())).Decode(&report); err != nil {
		t.Fatal(err)
	}
	if report.Device != "w0" || report.PID == 0 || len(report.Sockets) == 0 || report.Stats.TCP.SegmentsOut == 0 || report.Service["requests"] == 0.0 {
		t.Errorf("stat --json: %+v", report)
	}
}

// testCLIStatFindsServe asks without naming a socket, with one serve running
// and with two.
func testCLIStatFindsServe(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	first := startCLI(t, "serve", "echo", "--tun", "w0", "--addr", "10.7.0.2/24", "--json")
	first.await(t, &first.stdout, `"ready"`)
	c := startCLI(t, "stat")
	c.wantExit(t, cliOK)
	if !strings.HasPrefix(c.stdout.String(), "serve echo, process ") {
		t.Errorf("stat says %q", &c.stdout)
	}
	second := startCLI(t, "serve", "echo", "--tun", "w1", "--addr", "10.8.0.2/24", "--json")
	second.await(t, &second.stdout, `"ready"`)
	c = startCLI(t, "stat")
	c.wantExit(t, cliUsage)
	wantSays(t, c, "SOCKET: 2 are running", "w0.sock", "w1.sock")
	for _, serve := range []*command{first, second} {
		serve.interrupt(t)
		serve.wantExit(t, cliOK)
	}
}

// testCLIHTTPDrains interrupts the server in the middle of a response.
func testCLIHTTPDrains(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Repeat([]byte("0123456789"), 2<<20)
	if err := os.WriteFile(filepath.Join(dir, "file"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	c, path := startServe(t, "http", dir, "--drain", "1m")
	response, err := http.Get("http://" + cliStack4 + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	c.interrupt(t)
	c.await(t, &c.stdout, `"draining"`)
	if got, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes, %v, want all %d", len(got), err, len(content))
	}
	c.wantExit(t, cliOK)
	wantGone(t, path)
}

// testCLIServeEcho sends a stream each way at once, over both families.
func testCLIServeEcho(t *testing.T) {
	c, path := startServe(t, "echo")
	for _, host := range []string{cliStack4, cliStack6} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, "7"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		sent := make(chan error, 1)
		go func() { sent <- sendStream(conn.(*net.TCPConn), 1, 4<<20) }()
		if err := receiveStream(conn, 1, 4<<20); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if err := <-sent; err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	c.interrupt(t)
	c.wantExit(t, cliOK)
	wantGone(t, path)
}

// testCLIEchoIsCut leaves a connection open over the end of the drain.
func testCLIEchoIsCut(t *testing.T) {
	c, path := startServe(t, "echo", "--drain", "50ms")
	conn := dialEcho(t)
	c.interrupt(t)
	c.wantExit(t, cliFailure)
	wantSays(t, c, "have been cut", "--drain 50ms")
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still brings data")
	}
	wantGone(t, path)
}

// dialEcho connects to the echo service and has a byte sent back.
func dialEcho(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", cliStack4+":7")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	say(t, conn, "x")
	hear(t, conn, "x")
	return conn
}

// testCLISecondInterrupt quits although a connection is open.
func testCLISecondInterrupt(t *testing.T) {
	c, _ := startServe(t, "echo", "--drain", "1h")
	dialEcho(t)
	c.interrupt(t)
	c.await(t, &c.stdout, `"draining"`)
	c.interrupt(t)
	c.wantExit(t, -1)
	if status := c.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGINT {
		t.Errorf("ended by %v, want SIGINT", status.Signal())
	}
}

// testCLIDeviceDeleted takes the device away under a running server.
func testCLIDeviceDeleted(t *testing.T) {
	c, path := startServe(t, "echo")
	dialEcho(t)
	changeLink(t, "w0", netlink.LinkDel)
	c.wantExit(t, cliFailure)
	wantSays(t, c, tun.ErrGone.Error())
	wantGone(t, path)
}
