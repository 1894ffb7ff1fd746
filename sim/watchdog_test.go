package sim

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wrongs are tests that do what is not allowed; each runs in a process of its
// own, which is to say what is wrong.
var wrongs = map[string]struct {
	run  func(t *testing.T)
	says []string
}{
	"mutex": {
		func(t *testing.T) {
			watchEvery = 20 * time.Millisecond
			Test(t, func(t *testing.T, w *World) {
				var mu sync.Mutex
				l := Must(w.Host("srv").Listen("tcp", ":80"))
				go acceptUnderLock(&mu, l)
				time.Sleep(time.Second)
				mu.Lock()
			})
		},
		[]string{"TestWrong hangs", "sync.Mutex.Lock", "mutex across", "watchdog_test.go"},
	},
	"synctest.Wait": {
		func(t *testing.T) { Test(t, func(t *testing.T, w *World) { synctest.Wait() }) },
		[]string{"World.Wait instead"},
	},
	"outer t": {
		func(outer *testing.T) { Test(outer, func(t *testing.T, w *World) { outer.Error("oh") }) },
		[]string{"oh", "use the t that the function inside is given"},
	},
	"goroutine left": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) { go waitForever(context.Background()) })
		},
		[]string{"1 goroutines of the test are still there", "sim.waitForever", "watchdog_test.go", "created by"},
	},
	"retry": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) {
				h := w.Host("cli")
				h.Go("retry", retry(h))
				h.Sleep(time.Second)
			})
		},
		[]string{"1 goroutines of the test are still there", "retry.1"},
	},
	"going on": {
		func(t *testing.T) {
			Config{Limits: Limits{Events: 10}}.Test(t, func(t *testing.T, w *World) {
				for w.Now() < time.Minute {
					w.RunFor(time.Second)
				}
			})
		},
		[]string{"limit Events of 10 reached", "has failed and the program still waits in it", "run it again"},
	},
	"deadlock": {
		func(t *testing.T) {
			Config{Limits: Limits{Time: time.Hour}}.Test(t, func(t *testing.T, w *World) {
				l := Must(w.Host("srv").Listen("tcp", ":80"))
				_, err := l.Accept()
				t.Log("accept: ", err)
			})
		},
		[]string{"nothing will ever happen", "by 1h0m0s", "(*Listener).Accept", "accept: ", "closed"},
	},
	"events": {
		func(t *testing.T) {
			Config{Limits: Limits{Events: 100}}.Test(t, func(t *testing.T, w *World) {
				h := w.Host("srv")
				for w.Err() == nil {
					h.Sleep(time.Second)
				}
			})
		},
		[]string{"limit Events of 100 reached"},
	},
	"channel": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) { <-make(chan int) })
		},
		[]string{"nothing will ever happen", "chan receive", "deadlock", "run it again", "-sim.seed=1"},
	},
	"panic": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) { panic("oh") })
		},
		[]string{"panic: oh", "run it again", "-sim.seed=1"},
	},
	"nested": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) { Test(t, func(*testing.T, *World) {}) })
		},
		[]string{"Test was called in a bubble", "run it again"},
	},
	"channel in a cooperative world": {
		func(t *testing.T) {
			turnPatience = 50 * time.Millisecond
			w := Must(New(Config{}))
			never := make(chan struct{})
			w.Host("srv").Go("listener", func() { <-never })
			w.Wait()
		},
		[]string{"listener on srv", "keeps its turn", "chan receive", "watchdog_test.go", "sim.Test"},
	},
	"Must": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) { Must(w.Host("srv").Dial("tcp", "nobody:80")) })
		},
		[]string{"    watchdog_test.go:", ": dial tcp: lookup nobody", "run it again", "-sim.seed=1"},
	},
	"mistake": {
		func(t *testing.T) {
			Test(t, func(t *testing.T, w *World) { w.Link(nil, w.Host("srv"), PathConfig{}) })
		},
		[]string{"    watchdog_test.go:", ": sim: a path needs two ends", "run it again"},
	},
}

func acceptUnderLock(mu *sync.Mutex, l net.Listener) {
	mu.Lock()
	defer mu.Unlock()
	l.Accept()
}

func waitForever(ctx context.Context) { <-ctx.Done(); select {} }

func TestWrongUseIsNamed(t *testing.T) {
	for name, wrong := range wrongs {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run", "^TestWrong$", "-test.timeout", "60s")
			cmd.Env = append(os.Environ(), "WARREN_WRONG="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("the test passed")
			}
			for _, want := range wrong.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("the output does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestWrong is what TestWrongUseIsNamed starts.
func TestWrong(t *testing.T) {
	name := os.Getenv("WARREN_WRONG")
	if name == "" {
		t.Skip("runs in a process that TestWrongUseIsNamed starts")
	}
	wrongs[name].run(t)
}

// TestWhoCloses200StacksIsNotHung takes a goroutine that waits for gVisor's to
// end for what it is.
func TestWhoCloses200StacksIsNotHung(t *testing.T) {
	const idle = "goroutine 7 [select (durable), synctest bubble 1]:\nmain.wait()\n\t/tmp/main.go:1 +0x1"
	for text, hung := range map[string]int{
		"goroutine 8 [sync.Mutex.Lock, synctest bubble 1]:\nmain.lock()\n\t/tmp/main.go:2 +0x1":                                                              1,
		"goroutine 8 [sync.WaitGroup.Wait, synctest bubble 1]:\ngvisor.dev/gvisor/pkg/tcpip/transport/tcp.(*dispatcher).wait()\n\t/tmp/dispatcher.go:2 +0x1": 0,
		"goroutine 8 [runnable, synctest bubble 1]:\nmain.work()\n\t/tmp/main.go:3 +0x1":                                                                     0,
	} {
		if got := hungOn([]goroutine{parseGoroutine(idle), parseGoroutine(text)}); len(got) != hung {
			t.Errorf("%d goroutines are said to hang, want %d: %s", len(got), hung, text)
		}
	}
}
