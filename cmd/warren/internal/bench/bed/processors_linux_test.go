//go:build !android

package bed

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// onlyOn keeps the calling thread, and so the test, on some processors.
func onlyOn(t *testing.T, some ...int) {
	t.Helper()
	runtime.LockOSThread()
	var before, now unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	for _, i := range some {
		now.Set(i)
	}
	if err := unix.SchedSetaffinity(0, &now); err != nil {
		t.Skipf("needs the processors %v: %v", some, err)
	}
	t.Cleanup(func() {
		if err := unix.SchedSetaffinity(0, &before); err == nil {
			runtime.UnlockOSThread() // otherwise the thread ends with the goroutine
		}
	})
}

func TestPinningNeedsTwoProcessors(t *testing.T) {
	all, err := processors()
	if err != nil || len(all) == 0 || len(all) != runtime.NumCPU() {
		t.Fatalf("processors %v, %v, want %d", all, err, runtime.NumCPU())
	}
	if len(all) > 1 {
		p := new(pairBed)
		if _, err := p.pin(true); err != nil || p.driving.processor != all[len(all)-1] || p.serving.processor != all[0] {
			t.Errorf("%v: %d and %d of %v", err, p.driving.processor, p.serving.processor, all)
		}
	}
	onlyOn(t, all[len(all)-1])
	if err := CheckPinned(); err == nil || !strings.Contains(err.Error(), "one processor") {
		t.Errorf("error %v", err)
	}
	if _, err := new(pairBed).pin(false); err != nil {
		t.Error(err)
	}
	// The plans refuse as well, before they open anything.
	for name, o := range map[string]Options{"all": {Pinned: true}, "one": {Specs: []Spec{{Name: "a", Pinned: true}}}} {
		if _, err := TUN(t.Context(), o); err == nil || !strings.Contains(err.Error(), "one processor") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
