package series

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ticksPerSecond is the unit of /proc: USER_HZ, which is 100 on every
// architecture that Go runs on.
const ticksPerSecond = 100

// readTimes reads /proc. Time in interrupts belongs to nobody: packets between
// our own devices are mostly carried there, and so does the time of the kernel's
// threads for them (ksoftirqd) count as ours.
func readTimes() (cpuTimes, error) {
	all, err := busyTicks()
	if err != nil {
		return cpuTimes{}, err
	}
	processes, err := readProcesses()
	if err != nil {
		return cpuTimes{}, err
	}
	var ours float64
	for pid, p := range processes {
		if strings.HasPrefix(p.name, "ksoftirqd/") || descends(processes, pid, os.Getpid()) {
			ours += p.ticks
		}
	}
	return cpuTimes{all: all / ticksPerSecond, ours: ours / ticksPerSecond}, nil
}

// busyTicks are the columns user, nice and system of all processors.
func busyTicks() (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 4 || fields[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat starts with %q", line)
	}
	return sumTicks(fields[1:4])
}

func sumTicks(fields []string) (sum float64, err error) {
	for _, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += float64(n)
	}
	return sum, nil
}

// process is what /proc/PID/stat tells of one.
type process struct {
	name   string
	parent int
	ticks  float64 // its own and those of children that have ended
}

// readProcesses reads all processes. Those that end meanwhile are left out.
func readProcesses() (map[int]process, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	processes := map[int]process{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue
		}
		if p, err := parseProcess(string(text)); err == nil {
			processes[pid] = p
		}
	}
	return processes, nil
}

// parseProcess reads a line of proc_pid_stat(5): the name stands in parentheses
// and may have some itself; the parent is field 4, the times are 14 to 17.
func parseProcess(line string) (process, error) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("no name in %q", line)
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) < 15 {
		return process{}, fmt.Errorf("%d fields in %q", len(fields), line)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, err
	}
	ticks, err := sumTicks(fields[11:15])
	return process{name: line[open+1 : end], parent: parent, ticks: ticks}, err
}

// descends reports whether pid is root or was started by it, in some steps.
func descends(processes map[int]process, pid, root int) bool {
	for range len(processes) {
		if pid == root {
			return true
		}
		p, ok := processes[pid]
		if !ok || p.parent == 0 {
			return false
		}
		pid = p.parent
	}
	return false
}
