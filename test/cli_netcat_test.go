//go:build linux && !android

package test

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// testCLIListen has the kernel's TCP connect, say something, end its half, and
// still hear the answer.
func testCLIListen(t *testing.T) {
	cmd := exec.Command(os.Getenv(cliBinary), append([]string{"listen", "7000"}, cliAddresses...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c := startCommand(t, cmd)
	c.await(t, &c.stderr, "listening on 10.7.0.2:7000 [fd07::2]:7000")
	conn, err := net.Dial("tcp", "[fd07::2]:7000")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say(t, conn, "a question")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.await(t, &c.stdout, "a question")
	if second, err := net.Dial("tcp", "10.7.0.2:7000"); err == nil {
		second.Close()
		t.Error("a second connection was accepted without --keep-open")
	}
	if _, err := io.WriteString(stdin, "an answer"); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	hear(t, conn, "an answer")
	hearEnd(t, conn)
	c.wantExit(t, cliOK)
}

// testCLIListenKeepOpen serves two connections and ends with Ctrl-C.
func testCLIListenKeepOpen(t *testing.T) {
	c := startCLI(t, append([]string{"listen", "--keep-open", "10.7.0.2:0"}, cliAddresses...)...)
	c.await(t, &c.stderr, "device")
	_, rest, _ := strings.Cut(c.stderr.String(), "listening on ")
	address, _, _ := strings.Cut(rest, ",")
	for _, text := range []string{"the first", "the second"} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		say(t, conn, text)
		conn.(*net.TCPConn).CloseWrite()
		hearEnd(t, conn) // the input is empty
		conn.Close()
		c.await(t, &c.stdout, text)
	}
	c.interrupt(t)
	c.wantExit(t, cliOK)
}

// testCLIConnect is the reverse: the kernel listens.
func testCLIConnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	cmd := exec.Command(os.Getenv(cliBinary), append([]string{"connect", "--timeout", "1m", cliKernel4, "7000"}, cliAddresses...)...)
	cmd.Stdin = strings.NewReader("a question")
	if l, err = net.Listen("tcp", ":7000"); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := startCommand(t, cmd)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hear(t, conn, "a question")
	hearEnd(t, conn)
	say(t, conn, "an answer")
	conn.Close()
	c.wantExit(t, cliOK)
	if c.stdout.String() != "an answer" || !strings.Contains(c.stderr.String(), "connected to 10.7.0.1:7000") {
		t.Errorf("stdout %q, stderr %q", &c.stdout, &c.stderr)
	}
}

// testCLIPing asks the kernel, and an address that nobody has.
func testCLIPing(t *testing.T) {
	for _, host := range []string{cliKernel4, cliKernel6} {
		c := startCLI(t, append([]string{"ping", "-c", "2", "-i", "10ms", "-W", "1m", host}, cliAddresses...)...)
		c.wantExit(t, cliOK)
		if !strings.Contains(c.stdout.String(), "2 sent, 2 answered, 0% lost") {
			t.Errorf("ping %s: %q", host, &c.stdout)
		}
	}
	c := startCLI(t, append([]string{"ping", "-c", "1", "-W", "100ms", "--json", "10.7.0.99"}, cliAddresses...)...)
	c.wantExit(t, cliFailure)
	wantSays(t, c, "no answer from 10.7.0.99")
	var answer struct{ Answered bool }
	var sum struct{ Sent, Received int }
	lines := json.NewDecoder(strings.NewReader(c.stdout.String()))
	for _, line := range []any{&answer, &sum} {
		if err := lines.Decode(line); err != nil {
			t.Fatal(err)
		}
	}
	if answer.Answered || sum.Sent != 1 || sum.Received != 0 {
		t.Errorf("ping --json: %q", &c.stdout)
	}
}
