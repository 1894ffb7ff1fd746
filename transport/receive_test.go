//go:build linux || darwin || freebsd

package transport

import (
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

func hasReader(s *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reader != nil
}

// TestPassiveSocketLeavesItsData: nothing is read but for a request, and then
// no more than was asked for.
func TestPassiveSocketLeavesItsData(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(false))
	send(t, dialled, "0123456789")
	for _, length := range []int{3, 4} {
		if _, err := server.TCP().Receive(accepted, length, Infinity); err != nil {
			t.Fatal(err)
		}
		accepted.mu.Lock()
		if len(accepted.in.buf) != 0 {
			t.Errorf("%q was read ahead", accepted.in.buf)
		}
		accepted.mu.Unlock()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.jobs != 0 {
		t.Errorf("%d goroutines for passive sockets", n.jobs)
	}
}

func TestReceiveOfZeroTakesWhatIsThereAndOfNExactlyN(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(false))
	tcp := server.TCP()
	send(t, dialled, "hello world")
	for length, want := range map[int]string{5: "hello"} {
		if p, err := tcp.Receive(accepted, length, Infinity); err != nil || string(p.Data) != want {
			t.Errorf("Receive(%d) = %q, %v", length, p.Data, err)
		}
	}
	if p, err := tcp.Receive(accepted, 0, Infinity); err != nil || string(p.Data) != " world" {
		t.Errorf("Receive(0) = %q, %v", p.Data, err)
	}
	send(t, dialled, "abc")
	wait.Until(t, func() bool {
		_, err := tcp.Receive(accepted, 4, 0)
		wantReason(t, err, "timeout")
		accepted.mu.Lock()
		defer accepted.mu.Unlock()
		return len(accepted.in.buf) == 3
	}, "three bytes have arrived and are kept")
	send(t, dialled, "d")
	if p, err := tcp.Receive(accepted, 4, Infinity); err != nil || string(p.Data) != "abcd" {
		t.Errorf("Receive(4) = %q, %v", p.Data, err)
	}
}

func TestReceiveBelongsToOneReader(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(false))
	first := make(chan error, 1)
	go func() { _, err := server.TCP().Receive(accepted, 0, Infinity); first <- err }()
	wait.Until(t, func() bool { return hasReader(accepted) }, "a reader waits")
	_, err := n.NewOwner("second").TCP().Receive(accepted, 0, Infinity)
	wantReason(t, err, "ealready")
	send(t, dialled, "x")
	if err := <-first; err != nil {
		t.Errorf("first reader: %v", err)
	}
}

func TestReceiveRefusesBadArguments(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, _ := pair(t, n, Active(false))
	tcp := server.TCP()
	_, err := tcp.Receive(nil, 0, 0)
	wantReason(t, err, "badarg")
	_, err = tcp.Receive(accepted, -1, 0)
	wantReason(t, err, "badarg")
	_, err = tcp.Receive(accepted, receiveMax+1, 0)
	wantReason(t, err, "enomem")
	_, err = tcp.Receive(accepted, receiveMax, 0)
	wantReason(t, err, "timeout")
}

// TestClosedThenEnotconn: the end is reported once to each direction.
func TestClosedThenEnotconn(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, dialled := pair(t, n, Active(false))
	tcp := server.TCP()
	if err := tcp.Close(dialled); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"closed", "enotconn", "enotconn"} {
		_, err := tcp.Receive(accepted, 0, Infinity)
		wantReason(t, err, want)
	}
	for _, want := range []string{"closed", "enotconn", "enotconn"} {
		wantReason(t, tcp.Send(accepted, "x"), want)
	}
	wantReason(t, tcp.Shutdown(accepted, ShutdownWrite), "enotconn")
	if accepted.Owner() != server {
		t.Error("the handle has lost its owner")
	}
}
