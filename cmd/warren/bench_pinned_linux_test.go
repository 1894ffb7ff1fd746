//go:build !android

package main

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// onlyOne keeps the calling thread, and so the command that the test invokes, on
// one of its processors. The thread ends with the test.
func onlyOne(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	var set [128]byte
	affinity := func(call uintptr) {
		if _, _, errno := syscall.RawSyscall(call, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set))); errno != 0 {
			t.Fatal(errno)
		}
	}
	affinity(syscall.SYS_SCHED_GETAFFINITY)
	for i, b := range set {
		if b != 0 {
			set = [128]byte{}
			set[i] = b & -b
			break
		}
	}
	affinity(syscall.SYS_SCHED_SETAFFINITY)
}

func TestPinnedBenchNeedsTwoProcessors(t *testing.T) {
	onlyOne(t)
	for _, args := range []string{"tun --pinned", "peers --pinned", "tun --variant name=a;pinned"} {
		code, stdout, stderr := invoke(t, append([]string{"bench"}, strings.Fields(args)...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "pinned: there is one processor here") {
			t.Errorf("warren bench %s: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}
