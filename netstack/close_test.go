package netstack

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// within fails if f takes longer than a user would wait. What it
// guards against never ends; the machine may be slow.
func within(t *testing.T, limit time.Duration, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s does not end", what)
	}
}

func TestR1NoGoroutineSurvivesClose(t *testing.T) {
	before := runtime.NumGoroutine()
	live := packetsLive.Load()
	a, b := newPair(t, 1500)
	ln, err := b.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	var wg, dials sync.WaitGroup
	for range 200 {
		dials.Go(func() {
			c, err := a.DialContext(context.Background(), "tcp", "192.0.2.2:80")
			if err != nil {
				t.Error(err)
				return
			}
			wg.Go(func() { // reads until the end
				if _, err := io.Copy(io.Discard, c); err == nil {
					t.Error("a blocked Read ended without an error")
				}
			})
		})
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Write(make([]byte, 1000))
	}
	dials.Wait()
	a.Close()
	b.Close()
	wg.Wait()
	eventually(t, func() bool { return runtime.NumGoroutine() <= before }, "goroutines are back to the start")
	if n := len(tcpip.GetDanglingEndpoints()); n != 0 {
		t.Errorf("%d endpoints dangle", n)
	}
	if n := packetsLive.Load() - live; n != 0 {
		t.Errorf("%d packets live after Close", n)
	}
}

func TestR2CloseEndsWhateverIsInFlight(t *testing.T) {
	background := context.Background()
	for name, start := range map[string]func(t *testing.T, a, b *Stack) error{
		"dial in SYN-SENT": func(t *testing.T, a, _ *Stack) error {
			_, err := a.DialContext(background, "tcp", "192.0.2.77:80")
			return err
		},
		"accept": func(t *testing.T, a, _ *Stack) error {
			ln, err := a.Listen(background, "tcp", ":80")
			if err == nil {
				_, err = ln.Accept()
			}
			return err
		},
		"write into a full window": func(t *testing.T, a, b *Stack) error {
			ln, err := b.Listen(background, "tcp", ":80")
			if err != nil {
				return err
			}
			defer ln.Close()
			c, err := a.DialContext(background, "tcp", "192.0.2.2:80")
			if err != nil {
				return err
			}
			for err == nil {
				_, err = c.Write(make([]byte, 1<<20))
			}
			return err
		},
		"read from UDP": func(t *testing.T, a, _ *Stack) error {
			p, err := a.ListenPacket(background, "udp", ":53")
			if err == nil {
				_, _, err = p.ReadFrom(make([]byte, 10))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newPair(t, 1500)
			result := make(chan error, 1)
			go func() { result <- start(t, a, b) }()
			eventually(t, func() bool { return a.Stats().Sockets.Open > 0 }, "the call has begun")
			within(t, 30*time.Second, "Close", func() { a.Close() })
			within(t, 30*time.Second, "the blocked call", func() {
				if err := <-result; !errors.Is(err, net.ErrClosed) {
					t.Errorf("the blocked call: %v, want net.ErrClosed", err)
				}
			})
			if n := a.Stats().Sockets.Open; n != 0 {
				t.Errorf("%d sockets are open after Close", n)
			}
		})
	}
}

// blockedLink breaks the contract: its Send waits until Close.
type blockedLink struct {
	sinkLink
	once   sync.Once
	inSend chan struct{}
	closed chan struct{}
}

func (l *blockedLink) Send(pkts []*Packet) (int, error) {
	l.once.Do(func() { close(l.inSend) })
	<-l.closed
	releaseAll(pkts)
	return 0, net.ErrClosed
}

func (l *blockedLink) Close() error {
	close(l.closed)
	return nil
}

func TestR2CloseDoesNotWaitForABlockedSend(t *testing.T) {
	l := &blockedLink{sinkLink: sinkLink{mtu: 1500}, inSend: make(chan struct{}), closed: make(chan struct{})}
	s, err := New(Config{Interfaces: []Interface{{Link: l, Addresses: pairAddresses(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	dialled := make(chan error, 1)
	go func() {
		_, err := s.DialContext(context.Background(), "tcp", "192.0.2.2:80")
		dialled <- err
	}()
	<-l.inSend
	within(t, 30*time.Second, "Close", func() { s.Close() })
	if err := <-dialled; err == nil {
		t.Error("the dial succeeded")
	}
}

func TestR3CloseRacingNewLeaksNothing(t *testing.T) {
	const races = 100
	stacks := make([]weak.Pointer[Stack], races)
	before := runtime.NumGoroutine()
	for i := range stacks {
		x, y := Pipe(1500)
		s, err := New(Config{Interfaces: []Interface{{Link: x, Addresses: pairAddresses(1)}}})
		if err != nil {
			t.Fatal(err)
		}
		stacks[i] = weak.Make(s)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { s.Close() })
		}
		wg.Go(func() { y.Send(numbered(20, 3)) })
		wg.Go(func() { s.Settle() })
		wg.Go(func() {
			if ln, err := s.Listen(context.Background(), "tcp", ":80"); err == nil {
				ln.Accept()
			}
		})
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			s.DialContext(ctx, "tcp", "192.0.2.2:80")
		})
		wg.Wait()
		y.Close()
	}
	eventually(t, func() bool {
		runtime.GC()
		for _, p := range stacks {
			if p.Value() != nil {
				return false
			}
		}
		return true
	}, "every closed stack is collected")
	eventually(t, func() bool { return runtime.NumGoroutine() <= before }, "goroutines are back to the start")
	if n := len(tcpip.GetDanglingEndpoints()); n != 0 {
		t.Errorf("%d endpoints dangle", n)
	}
}

func TestCloseResetsQueuedAndHalfOpenConnections(t *testing.T) {
	a, b := newPair(t, 1500)
	ln, err := b.ListenTCP(context.Background(), netip.MustParseAddrPort("192.0.2.2:80"), ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := a.DialContext(context.Background(), "tcp", "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return b.Stats().Sockets.TCP["ESTABLISHED"] == 1 }, "the connection waits to be accepted")
	b.Close()
	if _, err := client.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the peer of a queued connection reads %v, want a reset", err)
	}
	if n := len(b.Sockets()); n != 0 {
		t.Errorf("%d sockets are left: %v", n, b.Sockets())
	}
}

func TestCloseIsIdempotentAndConcurrent(t *testing.T) {
	a, _ := newPair(t, 1500)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := a.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			select {
			case <-a.Done():
			default:
				t.Error("Close returned before the end")
			}
		})
	}
	wg.Wait()
	if a.Err() != nil {
		t.Errorf("Err after Close: %v", a.Err())
	}
	if _, err := a.DialContext(context.Background(), "tcp", "192.0.2.2:80"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial after Close: %v", err)
	}
	a.Settle()
	if st := a.Stats(); len(st.Interfaces) != 2 {
		t.Errorf("Stats after Close: %+v", st)
	}
}

func TestCallsThatTheEndOvertakesSayClosed(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:80")
	for name, call := range map[string]func(*Stack) error{
		"dial": func(s *Stack) error {
			_, err := s.DialTCP(t.Context(), at, DialOptions{Control: func(*Conn) error { return s.Close() }})
			return err
		},
		"bound dial": func(s *Stack) error {
			control := func(*Conn) error { return s.Close() }
			_, err := s.DialTCP(t.Context(), at, DialOptions{Local: netip.MustParseAddrPort("127.0.0.1:4321"), Control: control})
			return err
		},
		"listen": func(s *Stack) error {
			_, err := s.ListenTCP(t.Context(), at, ListenOptions{Control: func(*Listener) error { return s.Close() }})
			return err
		},
	} {
		if err := call(mustNew(t, Config{})); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v, want net.ErrClosed", name, err)
		}
	}
}
