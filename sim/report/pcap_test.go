package report

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPcapIsDeterministic(t *testing.T) {
	var a, b bytes.Buffer
	for _, out := range []*bytes.Buffer{&a, &b} {
		if err := Pcap(out, upload(t)); err != nil {
			t.Fatal(err)
		}
	}
	if a.Len() == 0 || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two runs, two different captures")
	}
}

// TestPcapOpensInTshark reads a capture back with Wireshark's own tool, which
// finds the retransmissions by itself.
func TestPcapOpensInTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("needs tshark, the command-line Wireshark, in PATH")
	}
	file := filepath.Join(t.TempDir(), "upload.pcapng")
	if err := WritePcap(file, upload(t)); err != nil {
		t.Fatal(err)
	}
	read := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(tshark, append([]string{"-r", file}, args...)...).Output()
		if err != nil {
			t.Fatalf("tshark %v: %v", args, err)
		}
		return string(out)
	}
	golden(t, "tshark.txt", read("-T", "fields",
		"-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.interface_name", "-e", "frame.len",
		"-e", "tcp.flags", "-e", "tcp.seq", "-e", "tcp.ack", "-e", "frame.comment"))
	again := read("-Y", "tcp.analysis.retransmission", "-T", "fields", "-e", "frame.number")
	if got := strings.Fields(again); strings.Join(got, " ") != "2 10" {
		t.Errorf("tshark takes packets %v for retransmissions, want 2 and 10", got)
	}
	if malformed := read("-Y", "_ws.malformed"); malformed != "" {
		t.Errorf("malformed packets:\n%s", malformed)
	}
}

func TestPcapOfNothing(t *testing.T) {
	var out bytes.Buffer
	if err := Pcap(&out, &Run{}); err != nil || out.Len() == 0 {
		t.Errorf("%d bytes, %v; want a valid empty capture", out.Len(), err)
	}
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	run := upload(t)
	missing := filepath.Join(t.TempDir(), "no such directory", "x")
	for _, write := range []func(string, *Run) error{WritePcap, WriteHTML} {
		if err := write(missing, run); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
			t.Errorf("got %v, want an error that names the file", err)
		}
	}
	if err := Pcap(&full{500}, run); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
	half := filepath.Join(t.TempDir(), "half")
	run.Records[3].Bytes = make([]byte, 100_000)
	if err := WritePcap(half, run); err == nil || !strings.Contains(err.Error(), half) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a capture is left: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(half, link); err != nil {
		t.Skip(err) // as on Windows, without a right to
	}
	if err := WritePcap(link, run); err == nil {
		t.Error("wrote what cannot be written")
	}
	if _, err := os.Lstat(link); err != nil {
		t.Errorf("what leads elsewhere, as /dev/stdout does, was removed: %v", err)
	}
}
