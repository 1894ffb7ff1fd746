package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// bootEcho is a Boot that answers on port 7, until the host is down.
func bootEcho(h *Host) {
	l, err := h.Listen("tcp", ":7")
	if err != nil {
		return
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		h.Go("conn", func() {
			io.Copy(c, c)
			c.Close()
		})
	}
}

func boot(f func(*Host)) HostOption { return func(cfg *HostConfig) { cfg.Boot = f } }

// sentBy counts the packets that a host has put onto its path since an instant.
func sentBy(w *World, host string, since time.Duration) (n int) {
	records, _ := w.Trace().All()
	for _, r := range records {
		if r.Kind == engine.Entered && r.At >= since && strings.HasPrefix(r.Path, host+"/") {
			n++
		}
	}
	return n
}

// TestCrashIsSilent crashes a server with open connections, of which one has
// data under way, and looks at what its programs and its client see.
func TestCrashIsSilent(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		var seen []string
		note := func(what string, err error) {
			seen = append(seen, fmt.Sprintf("%v %s closed:%v", w.Now(), what, errors.Is(err, net.ErrClosed)))
		}
		l := Must(srv.Listen("tcp", ":7"))
		srv.Go("reader", func() {
			_, err := Must(l.Accept()).Read(make([]byte, 1))
			note("read", err)
		})
		c := Must(cli.Dial("tcp", "srv:7"))
		srv.Go("acceptor", func() {
			_, err := l.Accept()
			note("accept", err)
		})
		w.RunFor(time.Second - w.Now())
		cli.Go("late", func() { c.Write([]byte("x")) })
		w.RunFor(5 * time.Millisecond)

		srv.Crash()
		srv.Crash() // changes nothing
		w.Wait()
		slices.Sort(seen)
		want := []string{"1.005s accept closed:true", "1.005s read closed:true"}
		if !slices.Equal(seen, want) {
			t.Errorf("its programs saw %q, want %q", seen, want)
		}
		if srv.Up() || !cli.Up() {
			t.Errorf("up: srv %v, cli %v", srv.Up(), cli.Up())
		}
		if _, err := srv.Dial("tcp", "cli:7"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a dial of a host that is down: %v", err)
		}
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("its client: %v, want ETIMEDOUT", err)
		}
		if n := sentBy(w, "srv", time.Second); n != 0 {
			t.Errorf("it sent %d packets after it was down", n)
		}
		p := Must(w.Path(cli, srv))
		if c := p.Counters(); c.Dropped[engine.DropNobody] < 10 {
			t.Errorf("packets that found nobody: %+v", c)
		}
	})
}

// TestRestartForgets is RFC 9293, section 3.5.1: what arrives for a connection
// that the host has forgotten is answered with a reset.
func TestRestartForgets(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv", boot(bootEcho)), w.Host("cli")
		w.Wait()
		c := Must(cli.Dial("tcp", "srv:7"))
		before := srv.Addrs()
		crash := w.Fault(fault.Crash{Host: "srv", At: time.Second, Restart: time.Second})
		w.RunFor(3*time.Second - w.Now())
		if !srv.Up() || srv.Boots() != 2 || !slices.Equal(srv.Addrs(), before) || crash.Hits() != 1 {
			t.Fatalf("up %v, boots %d, addresses %v, hits %d", srv.Up(), srv.Boots(), srv.Addrs(), crash.Hits())
		}
		Must(c.Write([]byte("x")))
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the old connection: %v, want ECONNRESET", err)
		}
		wantNow(t, w, 3020*time.Millisecond, "the reset")
		c = Must(cli.Dial("tcp", "srv:7")) // Boot has opened it again
		Must(c.Write([]byte("y")))
		b := make([]byte, 1)
		if Must(io.ReadFull(c, b)); b[0] != 'y' {
			t.Errorf("echo of %q", b)
		}
		wantNow(t, w, 3060*time.Millisecond, "the new connection's echo")
		if err := srv.Restart(); err == nil || !strings.Contains(err.Error(), "host srv is up") {
			t.Errorf("a restart of a host that is up: %v", err)
		}
	})
}

// isns lists the sequence numbers of a host's SYNs.
func isns(w *World, host string) (list []uint32) {
	records, _ := w.Trace().All()
	for _, r := range records {
		if r.Kind != engine.Entered || !strings.HasPrefix(r.Path, host+"/") || r.Flow.Proto != fault.TCP {
			continue
		}
		if tcp := r.Bytes[20:]; fault.Flags(tcp[13])&fault.SYN != 0 {
			list = append(list, binary.BigEndian.Uint32(tcp[4:]))
		}
	}
	return list
}

// TestEveryBootHasItsOwnChance: the same flow begins with another number after
// a restart, and with the same ones in each run.
func TestEveryBootHasItsOwnChance(t *testing.T) {
	run := func(seed uint64) []uint32 {
		cfg := link10
		cfg.Seed = seed
		w := Must(New(cfg))
		defer w.Close()
		srv, cli := w.Host("srv", boot(bootEcho)), w.Host("cli")
		w.Wait()
		for range 3 {
			c := Must(cli.Dial("tcp4", "srv:7"))
			srv.Crash()
			c.Close()
			w.Settle()
			if err := srv.Restart(); err != nil {
				t.Fatal(err)
			}
			w.Wait()
		}
		return isns(w, "srv")
	}
	first := run(1)
	if len(first) != 3 || first[0] == first[1] || first[1] == first[2] || first[0] == first[2] {
		t.Errorf("the numbers are %v", first)
	}
	if again := run(1); !slices.Equal(first, again) {
		t.Errorf("another run has %v, not %v", again, first)
	}
	if other := run(2); slices.Equal(first, other) {
		t.Errorf("another seed has the same, %v", other)
	}
}

// TestCrashFaultsAreLifted before they happen, and while they last.
func TestCrashFaultsAreLifted(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		boots := map[string]int{}
		for _, name := range []string{"never", "short", "forgood"} {
			w.Host(name, boot(func(h *Host) { boots[h.Name()]++ }))
			w.Wait()
		}
		never := w.Fault(fault.Crash{Host: "never", At: time.Second})
		short := w.Fault(fault.Crash{Host: "short", At: time.Second, Restart: time.Hour})
		forGood := w.Fault(fault.Crash{Host: "forgood", At: time.Second})
		never.Remove()
		w.RunFor(2 * time.Second)
		short.Remove()
		forGood.Remove()
		w.Wait()
		if boots["never"] != 1 || boots["short"] != 2 || boots["forgood"] != 1 {
			t.Errorf("boots: %v", boots)
		}
		if !w.Host("never").Up() || !w.Host("short").Up() || w.Host("forgood").Up() {
			t.Error("the wrong hosts are up")
		}
		w.RunFor(2 * time.Hour)
		if boots["short"] != 2 {
			t.Errorf("it was started %d times", boots["short"])
		}
	})
}

// TestCrashOfATransport ends its owners' calls.
func TestCrashOfATransport(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		srv := w.Host("srv")
		first := Must(srv.Transport())
		o := first.NewOwner("o")
		var err error
		srv.Go("receiver", func() { _, err = o.Receive(time.Hour) })
		w.RunFor(time.Second)
		srv.Crash()
		w.Wait()
		if err == nil {
			t.Error("the receiver still waits")
		}
		if err := srv.Restart(); err != nil {
			t.Fatal(err)
		}
		if second := Must(srv.Transport()); second == first {
			t.Error("the Transport has survived")
		}
		wantNow(t, w, time.Second, "all that")
	})
}

func TestFaultsOfUnknownHosts(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	if _, err := w.AddFault(fault.Crash{Host: "a"}); err == nil || !strings.Contains(err.Error(), `there is no host or router "a": there is none yet, so add it first`) {
		t.Errorf("in an empty world: %v", err)
	}
	w.Host("client")
	w.Host("srv")
	for name, want := range map[string]string{
		"clint": `there is no host or router "clint": did you mean "client"?`,
		"db":    `there is no host or router "db": there is client, srv`,
	} {
		if _, err := w.AddFault(fault.Pause{Host: name, For: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if n := len(w.Faults().Handles()); n != 0 {
		t.Errorf("%d faults were added", n)
	}
}

// TestProgramCrashesItsOwnHost and goes on, with calls that fail, until it ends.
func TestProgramCrashesItsOwnHost(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		h := w.Host("h")
		var err error
		h.Go("suicide", func() {
			h.Sleep(time.Second)
			h.Crash()
			_, err = h.Listen("tcp", ":80")
		})
		w.RunFor(2 * time.Second)
		if h.Up() || !errors.Is(err, net.ErrClosed) {
			t.Errorf("up: %v; a listen afterwards: %v", h.Up(), err)
		}
	})
}
