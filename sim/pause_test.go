package sim

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// TestPauseHoldsAHost: an echo server stands still from 1 s to 3 s. What comes
// meanwhile is answered at 3 s, and its timers expire then.
func TestPauseHoldsAHost(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv", boot(bootEcho)), w.Host("cli")
		w.Wait()
		c := Must(cli.Dial("tcp", "srv:7"))
		h := w.Fault(fault.Pause{Host: "srv", At: time.Second, For: 2 * time.Second})
		var slept, soon time.Duration
		srv.Go("sleeper", func() {
			srv.Sleep(1500*time.Millisecond - w.Now())
			slept = w.Now()
			srv.Sleep(time.Second)
			soon = w.Now()
		})
		w.RunFor(1500*time.Millisecond - w.Now())
		if !srv.Paused() || !srv.Up() || h.Hits() != 1 {
			t.Errorf("paused %v, up %v, hits %d", srv.Paused(), srv.Up(), h.Hits())
		}
		Must(c.Write([]byte("x")))
		Must(io.ReadFull(c, make([]byte, 1)))
		wantNow(t, w, 3010*time.Millisecond, "the echo")
		if n := sentBy(w, "srv", time.Second) - sentBy(w, "srv", 3*time.Second); n != 0 {
			t.Errorf("it sent %d packets while it stood still", n)
		}
		w.RunFor(5 * time.Second)
		if slept != 3*time.Second || soon != 4*time.Second {
			t.Errorf("timers expired at %v and %v, want 3s and 4s", slept, soon)
		}
	})
}

// TestWhatAPausedHostSendsWaits: a goroutine of a bubble cannot be stopped, but
// what it sends can.
func TestWhatAPausedHostSendsWaits(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv", boot(bootEcho)), w.Host("cli")
		c := Must(cli.Dial("tcp", "srv:7"))
		cli.Pause()
		Must(c.Write([]byte("x")))
		dialed := make(chan time.Duration)
		go func() {
			Must(cli.Dial("tcp", "srv:7"))
			dialed <- w.Now()
		}()
		w.RunFor(time.Second - w.Now())
		if n := sentBy(w, "cli", 30*time.Millisecond); n != 0 {
			t.Errorf("it sent %d packets", n)
		}
		cli.Resume()
		cli.Resume() // changes nothing
		Must(io.ReadFull(c, make([]byte, 1)))
		wantNow(t, w, 1020*time.Millisecond, "the echo")
		if at := <-dialed; at != 1020*time.Millisecond {
			t.Errorf("the dial was over at %v", at)
		}
		_ = srv
	})
}

// TestPausedProgramsHaveNoTurn: in a cooperative world a host stands still with
// its programs, new ones too.
func TestPausedProgramsHaveNoTurn(t *testing.T) {
	w := Must(New(link10))
	defer w.Close()
	h := w.Host("h")
	var at time.Duration
	h.Pause()
	h.Go("late", func() { at = w.Now() })
	w.RunFor(time.Second)
	if at != 0 {
		t.Errorf("the program began at %v", at)
	}
	h.Resume()
	w.Wait()
	if at != time.Second {
		t.Errorf("the program began at %v", at)
	}
}

// TestTooMuchForAPausedHost drops what comes beyond 1000 packets.
func TestTooMuchForAPausedHost(t *testing.T) {
	w := Must(New(link10))
	defer w.Close()
	srv, cli := w.Host("srv"), w.Host("cli")
	in := Must(srv.ListenPacket("udp", ":9"))
	out := Must(cli.Dial("udp", "srv:9"))
	srv.Pause()
	for range 1010 {
		Must(out.Write(make([]byte, 10)))
	}
	w.RunFor(time.Second)
	if c := Must(w.Path(cli, srv)).Counters(); c.Dropped[engine.DropPaused] != 10 || c.Delivered != 0 {
		t.Errorf("counted %+v", c)
	}
	srv.Resume()
	w.Wait()
	if c := Must(w.Path(cli, srv)).Counters(); c.Delivered != 1000 {
		t.Errorf("counted %+v", c)
	}
	if _, _, err := in.ReadFrom(make([]byte, 10)); err != nil {
		t.Error(err)
	}
}

// TestCrashOfAPausedHost leaves nothing of the pause.
func TestCrashOfAPausedHost(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv", boot(bootEcho)), w.Host("cli")
		w.Wait()
		c := Must(cli.Dial("tcp", "srv:7"))
		srv.Pause()
		Must(c.Write([]byte("x")))
		w.RunFor(50 * time.Millisecond)
		srv.Crash()
		if srv.Paused() {
			t.Error("it still stands still")
		}
		srv.Pause()
		if srv.Paused() {
			t.Error("a host that is down stands still")
		}
		if err := srv.Restart(); err != nil {
			t.Fatal(err)
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client: %v, want ECONNRESET for what it sends again", err)
		}
		Must(cli.Dial("tcp", "srv:7"))
	})
}

// TestWorldEndsWithHostsThatStandStill: their programs end like all others.
func TestWorldEndsWithHostsThatStandStill(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv", boot(bootEcho)), w.Host("cli")
		w.Wait()
		c := Must(cli.Dial("tcp", "srv:7"))
		Must(c.Write([]byte("x")))
		srv.Pause()
		cli.Pause()
	})
}

// TestSkew: a clock that is 100000 ppm fast shows 1.1 s when 1 s has passed.
func TestSkew(t *testing.T) {
	inBoth(t, Config{}, func(t *testing.T, w *World) {
		h := w.Host("h")
		if err := h.SetSkew(100_000); err != nil {
			t.Fatal(err)
		}
		h.Sleep(1100 * time.Millisecond)
		wantNow(t, w, time.Second, "1.1 s on a fast clock")
		if got := h.Now().Sub(Start); got != 1100*time.Millisecond {
			t.Errorf("the clock shows %v", got)
		}
		f := w.Fault(fault.Skew{Host: "h", At: 2 * time.Second, PPM: -500_000})
		w.RunFor(time.Second)
		h.Sleep(time.Second)
		wantNow(t, w, 4*time.Second, "1 s on a slow clock")
		if f.Hits() != 1 {
			t.Errorf("%d hits", f.Hits())
		}
		if err := h.SetSkew(1_000_000); err == nil {
			t.Error("a clock may run twice as fast")
		}
	})
}
