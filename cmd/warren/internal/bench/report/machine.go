package report

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Machine is where and with what a series was measured.
type Machine struct {
	Date       time.Time `json:"date"`
	Commit     string    `json:"commit"` // with "+" if files were changed since
	Go         string    `json:"go"`
	GVisor     string    `json:"gvisor"`
	System     string    `json:"system"`
	Kernel     string    `json:"kernel"`
	CPU        string    `json:"cpu"`
	GOMAXPROCS int       `json:"gomaxprocs"`
}

const unknown = "unknown"

// ThisMachine asks the system and the binary. What they do not tell is
// "unknown".
func ThisMachine() Machine {
	m := Machine{
		Date:       time.Now().UTC().Truncate(time.Second),
		Commit:     unknown,
		Go:         runtime.Version(),
		GVisor:     unknown,
		System:     runtime.GOOS + "/" + runtime.GOARCH,
		Kernel:     firstLine("/proc/sys/kernel/osrelease"),
		CPU:        processor(),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	for _, dep := range info.Deps {
		if dep.Path == "gvisor.dev/gvisor" {
			m.GVisor = dep.Version
		}
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			m.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			m.Commit += "+" // comes after the revision
		}
	}
	if m.Commit == unknown {
		m.Commit = sourceCommit()
	}
	return m
}

// sourceCommit asks git about the directory that this program was built from. It
// is for builds that have noted no commit, as those of go test.
func sourceCommit() string {
	_, file, _, _ := runtime.Caller(0)
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", filepath.Dir(file)}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil || commit == "" {
		return unknown
	}
	if changed, err := git("status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
		commit += "+"
	}
	return commit
}

// firstLine reads a small file.
func firstLine(name string) string {
	text, err := os.ReadFile(name)
	line, _, _ := strings.Cut(string(text), "\n")
	if err != nil || line == "" {
		return unknown
	}
	return line
}

// processor is the model that Linux tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// String is one line for a person.
func (m Machine) String() string {
	commit := m.Commit
	if len(commit) > 12 && commit != unknown {
		commit = commit[:12]
		if strings.HasSuffix(m.Commit, "+") {
			commit += "+"
		}
	}
	return fmt.Sprintf("%s, %s, kernel %s, %s, GOMAXPROCS %d, gVisor %s, commit %s, %s",
		m.Go, m.System, m.Kernel, m.CPU, m.GOMAXPROCS, m.GVisor, commit, m.Date.Format(time.RFC3339))
}
