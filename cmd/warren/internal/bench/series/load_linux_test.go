package series

import (
	"os"
	"os/exec"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

func TestParseProcess(t *testing.T) {
	p, err := parseProcess("42 (a ) b)) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 100 1 1")
	if err != nil || p.name != "a ) b)" || p.parent != 7 || p.ticks != 110 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, bad := range []string{"", "42", "42 (a", "42 (a) S 7", "42 (a) S x 1 1 1 1 1 1 1 1 1 1 1 1 1 1"} {
		if _, err := parseProcess(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestDescends(t *testing.T) {
	processes := map[int]process{1: {}, 5: {parent: 1}, 6: {parent: 5}, 7: {parent: 1}, 8: {parent: 8}}
	for pid, want := range map[int]bool{5: true, 6: true, 7: false, 1: false, 8: false, 99: false} {
		if got := descends(processes, pid, 5); got != want {
			t.Errorf("%d descends from 5: %v", pid, got)
		}
	}
}

// TestChildrenAreOurs lets a child burn time and wants it to be seen as ours.
func TestChildrenAreOurs(t *testing.T) {
	before, err := readTimes()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Skipf("needs sh: %v", err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	wait.Until(t, func() bool {
		now, err := readTimes()
		return err == nil && now.ours-before.ours >= 0.1 && now.all > before.all
	}, "a busy child counts as ours")
	if !descendsNow(t, cmd.Process.Pid) || descendsNow(t, os.Getppid()) {
		t.Error("a child is not ours, or the parent is")
	}
}

func descendsNow(t *testing.T, pid int) bool {
	t.Helper()
	processes, err := readProcesses()
	if err != nil {
		t.Fatal(err)
	}
	return descends(processes, pid, os.Getpid())
}

func TestMeterTellsForeignLoad(t *testing.T) {
	m := startMeter()
	wait.Until(t, func() bool { return m.foreign() >= 0 }, "the foreign load is known")
}
