//go:build linux && !android

package test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// cliOutputGone is the exit code for the end of whoever reads the output.
const cliOutputGone = 141

// testCLINoDrain quits at once, as the flag asks, whether or not a connection
// is open.
func testCLINoDrain(t *testing.T) {
	for _, connected := range []bool{false, true} {
		c, path := startServe(t, "echo", "--drain", "0s")
		if connected {
			dialEcho(t)
		}
		c.interrupt(t)
		c.wantExit(t, cliOK)
		if text := c.stderr.String(); text != "" {
			t.Errorf("connected %v: says %q", connected, text)
		}
		wantGone(t, path)
	}
}

// testCLIHangUp ends a serve as the end of its terminal does.
func testCLIHangUp(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("needs SIGHUP, which whoever has started this test, nohup for example, lets its commands ignore")
	}
	c, path := startServe(t, "echo")
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	c.wantExit(t, cliOK)
	wantGone(t, path)
}

// testCLIOutputGone starts commands whose output nobody reads any more.
func testCLIOutputGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.sock")
	for _, args := range []string{
		"demo",
		"serve echo --tun w0 --control " + path,
		"serve echo --json --tun w0 --control " + path,
		"ping --tun w0 " + cliKernel4,
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		fields := strings.Fields(args)
		if fields[0] != "demo" {
			fields = append(fields, cliAddresses...)
		}
		cmd := exec.Command(os.Getenv(cliBinary), fields...)
		var stderr strings.Builder
		cmd.Stdout, cmd.Stderr = w, &stderr
		cmd.Run()
		w.Close()
		if code := cmd.ProcessState.ExitCode(); code != cliOutputGone || stderr.Len() > 0 {
			t.Errorf("%s: %v, says %q, want exit code %d and no word", args, cmd.ProcessState, &stderr, cliOutputGone)
		}
		wantGone(t, path)
	}
}
