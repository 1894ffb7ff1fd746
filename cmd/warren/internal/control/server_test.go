package control

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
)

func serve(t *testing.T, path string) *Server {
	t.Helper()
	s, err := Serve(path, func() Report { return Report{Command: "serve test", PID: os.Getpid(), Device: "w0"} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestServeAnswersItsUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	serve(t, path)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode(); runtime.GOOS != "windows" && mode != os.ModeSocket|0o600 {
		t.Errorf("mode %v, want a socket of 0600", mode)
	}
	for range 3 {
		report, err := Ask(t.Context(), path)
		if err != nil || report.Command != "serve test" || report.Device != "w0" {
			t.Errorf("Ask: %+v, %v", report, err)
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("Serve left %v beside its socket", entries)
	}
}

func TestCloseRemovesTheSocketAndEndsTheServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	s := serve(t, path)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if _, err := Ask(t.Context(), path); err == nil || !strings.Contains(err.Error(), "still running?") {
		t.Errorf("Ask without a server: %v", err)
	}
}

func TestCloseLeavesASocketThatIsNotItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	first := serve(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	serve(t, path)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Ask(t.Context(), path); err != nil {
		t.Errorf("the second server's socket is gone: %v", err)
	}
}

func TestServeReplacesAStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	serve(t, path)
	if _, err := Ask(t.Context(), path); err != nil {
		t.Error(err)
	}
}

func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.sock")
	serve(t, taken)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		taken:                                  "in use by a running command",
		file:                                   "is no socket",
		filepath.Join(dir, "absent", "s.sock"): "choose another with --control",
		filepath.Join(dir, strings.Repeat("x", 200)):   "choose another with --control",
		filepath.Join(t.TempDir(), "s.sock") + "/deep": "choose another with --control",
	} {
		if s, err := Serve(path, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Serve(%s) = %v, %v, want an error with %q and the path", path, s, err, want)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("the file in the way now holds %q, %v", text, err)
	}
}

func TestAClientThatGoesAwayDoesNotStopTheServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	serve(t, path)
	for range 10 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	if _, err := Ask(t.Context(), path); err != nil {
		t.Error(err)
	}
}

func TestSocketsOfAStack(t *testing.T) {
	stack, err := netstack.New(netstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Close()
	l, err := stack.Listen(t.Context(), "tcp", "127.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := stack.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); err != nil {
		t.Fatal(err)
	}
	var listening, connected int
	for _, k := range Sockets(stack) {
		switch {
		case k.State == "LISTEN" && k.Remote == "" && k.Local.String() == "127.0.0.1:80":
			listening++
		case k.State == "ESTABLISHED" && k.Remote == conn.LocalAddr().String() && strings.Contains(k.Text, "rtt:"):
			connected++
		}
	}
	if listening != 1 || connected != 1 {
		t.Errorf("found %d listeners and %d server ends in %+v", listening, connected, Sockets(stack))
	}
}

func TestDefaultPathIsPrivate(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	path, err := DefaultPath("w0")
	if err != nil || path != filepath.Join(dir, "warren", "w0.sock") {
		t.Fatalf("DefaultPath = %s, %v", path, err)
	}
	serve(t, path)
	if found := Find(); len(found) != 1 || found[0] != path {
		t.Errorf("Find = %v, want %s", found, path)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := DefaultPath("w0"); err == nil || !strings.Contains(err.Error(), "chmod 0700") {
		t.Errorf("a directory that all can use: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", file)
	if _, err := DefaultPath("w0"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a directory below a file: %v", err)
	}
}
