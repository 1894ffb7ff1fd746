package netstack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
)

func TestCloseSendsWhatWasWritten(t *testing.T) {
	client, server := connPair(t)
	want := bytes.Repeat([]byte("z"), 300_000) // fits into the send buffer
	if _, err := server.Write(want); err != nil {
		t.Fatal(err)
	}
	server.Close()
	if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, %v; want %d", len(got), err, len(want))
	}
}

func TestWaysToReset(t *testing.T) {
	for what, end := range map[string]func(c, peer *Conn){
		"Abort": func(c, _ *Conn) { c.Abort() },
		"linger of 0": func(c, _ *Conn) {
			c.SetLinger(0)
			c.Close()
		},
		"Close with unread data": func(c, peer *Conn) {
			peer.Write([]byte("never read"))
			eventually(t, func() bool { return c.TCPInfo().ReceiveQueueBytes > 0 }, "the data is there")
			c.Close()
		},
		"the end of the stack": func(c, _ *Conn) { c.h.stack.Close() },
	} {
		client, server := connPair(t)
		end(server, client)
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: the peer reads %v, want ECONNRESET", what, err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: a write afterwards: %v, want net.ErrClosed", what, err)
		}
	}
}

func TestLingerThatIsNotZeroSendsFIN(t *testing.T) {
	for _, seconds := range []int{-1, 5} {
		client, server := connPair(t)
		server.SetLinger(seconds)
		server.Close()
		if _, err := client.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("linger %d: %v, want io.EOF", seconds, err)
		}
	}
}

func TestCloseReadKeepsWhatHasArrived(t *testing.T) {
	client, server := connPair(t)
	server.Write([]byte("before"))
	eventually(t, func() bool { return client.TCPInfo().ReceiveQueueBytes == 6 }, "the data is there")
	blocked := make(chan error, 1)
	if err := client.CloseRead(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "before" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if _, err := client.Read(buf); err != io.EOF {
		t.Errorf("then %v, want io.EOF", err)
	}
	go func() { _, err := server.Read(buf); blocked <- err }()
	eventually(t, func() bool { return server.h.in.waiting() == 1 }, "a reader waits")
	server.CloseRead()
	if err := <-blocked; err != io.EOF {
		t.Errorf("a reader that waits gets %v, want io.EOF", err)
	}
	if _, err := client.Write([]byte("the other way still works")); err != nil {
		t.Error(err)
	}
}

func TestStackCloseWakesEverySocket(t *testing.T) {
	a, b := newPair(t, 1500)
	client, _ := connBetween(t, a, b, port80)
	l := mustListen(t, a, port80WithHost("192.0.2.1"), ListenOptions{})
	p := mustListenUDP(t, a, "192.0.2.1:53")
	calls := []func() error{
		func() error { _, err := client.Read(make([]byte, 1)); return err },
		func() error { _, err := client.Write(make([]byte, 64<<20)); return err },
		func() error { _, err := l.Accept(); return err },
		func() error { _, err := p.Read(make([]byte, 1)); return err },
		func() error { _, err := a.DialTCP(context.Background(), nowhere, DialOptions{}); return err },
		func() error { _, err := a.Ping(context.Background(), nowhere.Addr(), PingOptions{}); return err },
	}
	failed := make(chan error, len(calls))
	for _, call := range calls {
		go func() { failed <- call() }()
	}
	eventually(t, func() bool {
		return client.h.in.waiting() == 1 && client.h.out.waiting() == 1 && l.h.in.waiting() == 1 &&
			p.h.in.waiting() == 1 && a.limit.open.Load() == 5
	}, "all calls are under way")
	a.Close()
	for range calls {
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	}
	if n := a.limit.open.Load(); n != 0 {
		t.Errorf("%d sockets are still counted", n)
	}
	if _, err := a.DialTCP(context.Background(), nowhere, DialOptions{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial on a closed stack: %v, want net.ErrClosed", err)
	}
	client.Close()
	l.Close()
	p.Close()
}

func TestWritesDoNotMix(t *testing.T) {
	client, server := connPair(t)
	const writers, size = 4, 100_000
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { client.Write(bytes.Repeat([]byte{byte(i)}, size)) })
	}
	go func() { wg.Wait(); client.Close() }()
	got, err := io.ReadAll(server)
	if err != nil || len(got) != writers*size {
		t.Fatalf("read %d bytes, %v", len(got), err)
	}
	for block := range writers {
		part := got[block*size : (block+1)*size]
		if bytes.Count(part, part[:1]) != size {
			t.Fatalf("block %d is mixed", block)
		}
	}
}
