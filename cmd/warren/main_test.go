package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invoke runs one command line.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestWrongUsageExitsWith2(t *testing.T) {
	for _, args := range [][]string{
		{"nonsense"},
		{"--nonsense"},
		{"demo", "nonsense"},
		{"demo", "--nonsense"},
	} {
		code, stdout, stderr := invoke(t, args...)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "warren: ") || !strings.Contains(stderr, "--help' for usage") {
			t.Errorf("warren %v: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"--help", "demo"},
		{"--version", "warren "},
	} {
		code, stdout, stderr := invoke(t, test.arg)
		if code != 0 || !strings.Contains(stdout, test.want) || stderr != "" {
			t.Errorf("warren %s: exit code %d, stdout %q, stderr %q", test.arg, code, stdout, stderr)
		}
	}
}

func TestDemoWritesCapture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "demo.pcapng")
	code, stdout, stderr := invoke(t, "demo", "--pcap", name)
	if code != 0 || stderr != "" || !strings.Contains(stdout, name) {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if info, err := os.Stat(name); err != nil || info.Size() == 0 {
		t.Errorf("capture: %v, %v", info, err)
	}
}

func TestDemoNamesBadCapture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "no", "such", "demo.pcapng")
	code, _, stderr := invoke(t, "demo", "--pcap", name)
	if code != exitFailure || !strings.Contains(stderr, "--pcap") || !strings.Contains(stderr, name) {
		t.Errorf("exit code %d, stderr %q; want 1 and the flag and file named", code, stderr)
	}
}

func TestDemoSaysWhereThereIsNoRoom(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	code, _, stderr := invoke(t, "demo", "--pcap", "/dev/full")
	if code != exitFailure || !strings.HasPrefix(stderr, "warren: --pcap: ") || !strings.Contains(stderr, "/dev/full") || !strings.Contains(stderr, "where there is room") {
		t.Errorf("exit code %d, stderr %q; want 1, the flag, the file and a remedy", code, stderr)
	}
}

func TestColourIsForTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if wantsColour(file) || wantsColour(&strings.Builder{}) {
		t.Error("colour into a file or a buffer")
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if !wantsColour(null) {
		t.Error("no colour on a character device")
	}
	t.Setenv("NO_COLOR", "1")
	if wantsColour(null) {
		t.Error("colour despite NO_COLOR")
	}
}
