package test

import (
	"path/filepath"
	"strings"
	"testing"
)

// badUsage are command lines that nothing can come of. Each error names the
// flag or argument, its value and what to write instead.
var badUsage = []struct {
	args string
	want []string
}{
	{"nonsense", []string{`unknown command "nonsense"`}},
	{"serve", []string{"choose what to serve: echo, or http DIR"}},
	{"serve nonsense", []string{`unknown command "nonsense"`}},
	{"serve echo", []string{"--addr: missing", "--addr 10.7.0.2/24"}},
	{"serve echo --addr 10.7.0.2", []string{`"10.7.0.2"`, "--addr", "10.7.0.2/24"}},
	{"serve echo --addr 10.7.0.256/24", []string{`"10.7.0.256/24"`, "--addr"}},
	{"serve echo --addr 10.7.0.2/33", []string{`"10.7.0.2/33"`, "--addr"}},
	{"serve echo --addr 10.7.0.0/24", []string{"--addr 10.7.0.0/24", "10.7.0.1/24"}},
	{"serve echo --addr 127.0.0.2/8", []string{"--addr 127.0.0.2/8", "loopback"}},
	{"serve echo --addr 10.7.0.2/24 --addr 10.7.0.2/16", []string{"--addr 10.7.0.2/16", "already"}},
	{"serve echo --addr 10.7.0.2/24 --host-addr 10.7.0.2/24", []string{"--host-addr 10.7.0.2/24", "already"}},
	{"serve echo --addr fd07::2/64 --mtu 1279", []string{"--mtu 1279", "1280", "fd07::2/64", "raise the MTU"}},
	{"serve echo --addr 10.7.0.2/24 --mtu 67", []string{"--mtu 67", "68 to 65535"}},
	{"serve echo --addr 10.7.0.2/24 --mtu 65536", []string{"--mtu 65536", "68 to 65535"}},
	{"serve echo --addr 10.7.0.2/24 --mtu many", []string{`"many"`, "--mtu"}},
	{"serve echo --addr 10.7.0.2/24 --offload maybe", []string{`"maybe"`, "--offload", "auto, on or off"}},
	{"serve echo --addr 10.7.0.2/24 --listen 65536", []string{`--listen "65536"`, "0 to 65535"}},
	{"serve echo --addr 10.7.0.2/24 --listen 10.9.0.1:7", []string{`--listen "10.9.0.1:7"`, "no address of the stack", "--addr"}},
	{"serve echo --addr 10.7.0.2/24 --listen host:7", []string{`--listen "host:7"`, "no IP address"}},
	{"serve echo --addr 10.7.0.2/24 --drain -1s", []string{"--drain -1s", "must not be negative"}},
	{"serve http --addr 10.7.0.2/24", []string{"DIR: missing", "warren serve http DIR"}},
	{"listen --addr 10.7.0.2/24", []string{"[ADDR:]PORT: missing"}},
	{"listen --addr 10.7.0.2/24 http", []string{`PORT "http"`, "0 to 65535", "10.7.0.2:80"}},
	{"listen --addr 10.7.0.2/24 99999", []string{`PORT "99999"`, "0 to 65535"}},
	{"listen --addr 10.7.0.2/24 --timeout -1s 7", []string{"--timeout -1s"}},
	{"connect --addr 10.7.0.2/24 10.7.0.1", []string{`ADDR:PORT "10.7.0.1"`, "HOST PORT"}},
	{"connect --addr 10.7.0.2/24 10.7.0.1 0", []string{`PORT "0"`, "1 to 65535"}},
	{"connect --addr 10.7.0.2/24 10.7.0.1:65536", []string{`PORT "65536"`, "1 to 65535"}},
	{"connect --addr 10.7.0.2/24 :80", []string{"HOST: is empty"}},
	{"connect --addr 10.7.0.2/24 224.0.0.1 80", []string{`HOST "224.0.0.1"`, "a group", "the address of one"}},
	{"connect --addr 10.7.0.2/24 255.255.255.255:80", []string{`HOST "255.255.255.255"`, "a group"}},
	{"connect --addr fd07::2/64 fe80::1%eth0 80", []string{`HOST "fe80::1%eth0"`, "leave out %eth0"}},
	{"listen --addr fd07::2/64 fd07::2", []string{`PORT "fd07::2"`, "has no port", "[fd07::2]:80"}},
	{"demo --pcap=", []string{"--pcap: is empty", "give a file"}},
	{"ping --addr 10.7.0.2/24 fd07::1", []string{`HOST "fd07::1"`, "--addr"}},
	{"ping --addr 10.7.0.2/24 --count -1 10.7.0.1", []string{"--count -1"}},
	{"ping --addr 10.7.0.2/24 --interval 0s 10.7.0.1", []string{"--interval 0s", "at least 1ms"}},
	{"ping --addr 10.7.0.2/24 --timeout 0s 10.7.0.1", []string{"--timeout 0s"}},
	{"ping --addr 10.7.0.2/24 --size 65508 10.7.0.1", []string{"--size 65508", "65507"}},
	{"ping --addr 10.7.0.2/24 --ttl 256 10.7.0.1", []string{"--ttl 256", "1 to 255"}},
	{"connect --addr 10.7.0.2/24 10.7.0.1 80 81", []string{`"81"`, "one too many", "HOST PORT | ADDR:PORT"}},
	{"sim", []string{"choose what to do: run and the FILEs"}},
	{"sim run", []string{"FILE...: missing", "warren sim run FILE..."}},
	{"sim run --seed 0 x.scenario", []string{"--seed 0", "from 1 on"}},
	{"sim run --seed many x.scenario", []string{`"many"`, "--seed"}},
	{"sim run --seed 7 --update x.scenario", []string{"--update", "--seed", "a line seed N"}},
	{"sim run --pcap= x.scenario", []string{"--pcap", "give a file"}},
	{"sim run --html run.html x.scenario y.scenario", []string{"--html", "2 scenarios", "give one"}},
	{"stat one two", []string{`"two"`, "one too many", "warren stat [SOCKET]"}},
}

// testCLIUsage needs no rights: nothing is opened.
func testCLIUsage(t *testing.T) {
	for _, b := range badUsage {
		c := startCLI(t, strings.Fields(b.args)...)
		c.wantExit(t, cliUsage)
		wantSays(t, c, b.want...)
		if c.stdout.String() != "" || !strings.Contains(c.stderr.String(), "--help' for usage") {
			t.Errorf("warren %s: stdout %q, stderr %q", b.args, &c.stdout, &c.stderr)
		}
	}
}

// wantSays wants one line of error that contains each text.
func wantSays(t *testing.T, c *command, texts ...string) {
	t.Helper()
	line := c.stderr.String()
	if i := strings.Index(line, "warren: "); i >= 0 {
		line = line[i:]
	}
	line, _, _ = strings.Cut(line, "\n")
	for _, text := range append(texts, "warren: ") {
		if !strings.Contains(line, text) {
			t.Errorf("%v: says %q, want it to say %q", c.cmd.Args[1:], line, text)
		}
	}
	if strings.Contains(line, "Config.") {
		t.Errorf("%v: says %q, which names a field that no user knows", c.cmd.Args[1:], line)
	}
}

func testCLIHelp(t *testing.T) {
	for args, want := range map[string]string{
		"help":                       "listen",
		"help exit-codes":            "0    The command did",
		"help serve http":            "unshare -rn",
		"completion bash":            "bash completion",
		"__complete serve http --ad": "--addr",
		"--version":                  "warren ",
	} {
		c := startCLI(t, strings.Fields(args)...)
		c.wantExit(t, cliOK)
		if !strings.Contains(c.stdout.String(), want) {
			t.Errorf("warren %s: stdout %q, want %q in it", args, &c.stdout, want)
		}
	}
}

func testCLIStatWithoutServe(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	c := startCLI(t, "stat")
	c.wantExit(t, cliEnvironment)
	wantSays(t, c, "SOCKET", "no warren serve", "start one")

	absent := filepath.Join(t.TempDir(), "absent.sock")
	c = startCLI(t, "stat", absent)
	c.wantExit(t, cliEnvironment)
	wantSays(t, c, absent, "still running?")
}
