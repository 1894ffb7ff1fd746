package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// passing is a scenario that observes what it expects.
const passing = `host srv
host cli
link cli srv delay=10ms
c = dial cli srv:80
----
20ms      c: dial ECONNREFUSED after 20ms
`

// writeScenario writes a scenario into a directory of the test's own.
func writeScenario(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// testCLISim runs scenarios as a user does: one that passes, one that does not,
// one with a mistake, and one that is not there.
func testCLISim(t *testing.T) {
	good := writeScenario(t, "good.scenario", passing)
	c := startCLI(t, "sim", "run", good)
	c.wantExit(t, cliOK)
	for _, want := range []string{"ok    " + good, "seed 1", "20ms of virtual time", "hash ", "gVisor v", "go1."} {
		if !strings.Contains(c.stdout.String(), want) {
			t.Errorf("stdout %q has no %q", &c.stdout, want)
		}
	}

	bad := writeScenario(t, "bad.scenario", strings.Replace(passing, "REFUSED", "RESET", 1))
	c = startCLI(t, "sim", "run", "-q", good, bad)
	c.wantExit(t, cliFailure)
	wantSays(t, c, "1 of 2 scenarios ended otherwise than expected")
	for _, want := range []string{
		"FAIL  " + bad, bad + ":5: ", "- 20ms      c: dial ECONNRESET after 20ms\n+ 20ms      c: dial ECONNREFUSED after 20ms\n",
	} {
		if !strings.Contains(c.stdout.String(), want) || strings.Contains(c.stdout.String(), good) {
			t.Errorf("stdout %q, want %q and nothing of what passes", &c.stdout, want)
		}
	}
	c = startCLI(t, "sim", "run", "--update", bad)
	c.wantExit(t, cliOK)
	if text, err := os.ReadFile(bad); err != nil || string(text) != passing {
		t.Errorf("--update writes %q, %v", text, err)
	}

	typo := writeScenario(t, "typo.scenario", strings.Replace(passing, "srv:80", "srvr:80", 1))
	c = startCLI(t, "sim", "run", typo)
	c.wantExit(t, cliFailure)
	if want := typo + `:4:14: unknown host "srvr": did you mean "srv"?`; !strings.Contains(c.stdout.String(), want) {
		t.Errorf("stdout %q has no %q", &c.stdout, want)
	}

	c = startCLI(t, "sim", "run", filepath.Join(t.TempDir(), "absent.scenario"))
	c.wantExit(t, cliEnvironment)
	wantSays(t, c, "FILE", "absent.scenario", "that can be read")
}

// testCLISimReports writes a capture and a report of one run.
func testCLISimReports(t *testing.T) {
	dir := t.TempDir()
	pcap, html := filepath.Join(dir, "run.pcapng"), filepath.Join(dir, "run.html")
	good := writeScenario(t, "good.scenario", passing)
	c := startCLI(t, "sim", "run", "--seed", "7", "--pcap", pcap, "--html", html, good)
	c.wantExit(t, cliOK)
	for path, want := range map[string]string{pcap: "\x0a\x0d\x0d\x0a", html: "<!"} {
		if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(strings.ToLower(string(text)), want) {
			t.Errorf("%s: %v, begins with %.20q", path, err, text)
		}
	}
	if !strings.Contains(c.stdout.String(), "seed 7") {
		t.Errorf("stdout %q", &c.stdout)
	}

	c = startCLI(t, "sim", "run", "--pcap", filepath.Join(dir, "absent", "run.pcapng"), good)
	c.wantExit(t, cliFailure)
	wantSays(t, c, "--pcap", "absent", "a directory that can be written")
}

// testCLISimInterrupt presses Ctrl-C during a scenario that takes long.
func testCLISimInterrupt(t *testing.T) {
	long := writeScenario(t, "long.scenario", "host a\nhost b\nlink a b rate=10mbit\nsink b :80\nc = dial a b:80\nrepeat 10000 write c 64k\n")
	c := startCLI(t, "sim", "run", writeScenario(t, "good.scenario", passing), long)
	c.await(t, &c.stdout, "ok    ")
	c.interrupt(t)
	c.wantExit(t, cliFailure)
	wantSays(t, c, "interrupted")
}
