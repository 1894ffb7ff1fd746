package test

import (
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/transport"
)

// operationLimit is the timeout of operations that may have nothing to
// report; operationPause lets what a peer did arrive. A machine that is too
// busy for them gives outcomes that do not repeat.
const (
	operationLimit = 20 * time.Millisecond
	operationPause = 4 * time.Millisecond
	operationsMax  = 24
)

// session is one connection under test: the socket, two owners of whom one
// owns it, and the peer.
type session struct {
	world  vectors.World
	owners [2]*transport.Owner
	sock   *transport.Socket
	peer   vectors.Peer
}

// operation is one step of a random sequence; it returns what was observed,
// in words that do not depend on the network.
type operation struct {
	name string
	run  func(*session) string
}

// operations are what a sequence is made of: byte b stands for the operation
// number b modulo their number.
var operations = []operation{
	{"peer sends abc", func(s *session) string { return s.peerSend("abc") }},
	{"peer sends 02 d e LF", func(s *session) string { return s.peerSend("\x02de\n") }},
	{"peer shuts down write", func(s *session) string { return s.peerDoes(s.peer.CloseWrite) }},
	{"peer resets", func(s *session) string { return s.peerDoes(s.peer.Abort) }},
	{"peer reads", (*session).peerRead},
	{"receive 0", func(s *session) string { return s.receive(0) }},
	{"receive 2", func(s *session) string { return s.receive(2) }},
	{"send xyz", func(s *session) string { return transport.Reason(s.tcp(0).Send(s.sock, "xyz")) }},
	{"shut down write", func(s *session) string { return transport.Reason(s.tcp(1).Shutdown(s.sock, transport.ShutdownWrite)) }},
	{"close", func(s *session) string { return transport.Reason(s.tcp(0).Close(s.sock)) }},
	{"active once", func(s *session) string { return s.set(transport.ActiveOnce()) }},
	{"active true", func(s *session) string { return s.set(transport.Active(true)) }},
	{"active false", func(s *session) string { return s.set(transport.Active(false)) }},
	{"active 2", func(s *session) string { return s.set(transport.ActiveN(2)) }},
	{"active -1", func(s *session) string { return s.set(transport.ActiveN(-1)) }},
	{"packet 1", func(s *session) string { return s.set(transport.Packet(transport.Packet1)) }},
	{"packet raw", func(s *session) string { return s.set(transport.Packet(transport.PacketRaw)) }},
	{"packet line", func(s *session) string { return s.set(transport.Packet(transport.PacketLine)) }},
	{"exit_on_close false", func(s *session) string { return s.set(transport.ExitOnClose(false)) }},
	{"show_econnreset", func(s *session) string { return s.set(transport.ShowEConnReset(true)) }},
	{"hand to 0", func(s *session) string { return s.handTo(0) }},
	{"hand to 1", func(s *session) string { return s.handTo(1) }},
	{"message of 0", func(s *session) string { return s.message(0) }},
	{"message of 1", func(s *session) string { return s.message(1) }},
	{"options", (*session).options},
	{"owner", func(s *session) string { return fmt.Sprint(s.sock.Owner()) }},
}

func (s *session) tcp(owner int) *transport.TCP { return s.owners[owner].TCP() }

func (s *session) pause() { s.world.Clock().Sleep(operationPause) }

func (s *session) peerSend(data string) string {
	_, err := s.peer.Write([]byte(data))
	s.pause()
	return peerWord(err)
}

func (s *session) peerDoes(f func() error) string {
	err := f()
	s.pause()
	return peerWord(err)
}

// peerWord says whether a peer's operation went well. Whether a write to a
// connection that is going away still succeeds is a matter of microseconds,
// so reset and closed connections count as success.
func peerWord(err error) string {
	if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ENOTCONN) {
		return ""
	}
	return err.Error()
}

func (s *session) peerRead() string {
	_ = s.peer.SetReadDeadline(s.world.Clock().Now().Add(operationLimit))
	var got []byte
	buf := make([]byte, 100)
	for {
		n, err := s.peer.Read(buf)
		got = append(got, buf[:n]...)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return fmt.Sprintf("%q fin", got)
		case errors.Is(err, syscall.ECONNRESET):
			return "reset" // what was read before it is the network's affair
		case errors.Is(err, net.ErrClosed):
			return "gone"
		default:
			return fmt.Sprintf("%q", got)
		}
	}
}

func (s *session) receive(length int) string {
	p, err := s.tcp(1).Receive(s.sock, length, operationLimit)
	return fmt.Sprintf("%q %s", p.Data, transport.Reason(err))
}

func (s *session) set(opt transport.Option) string {
	err := s.tcp(0).SetOpts(s.sock, opt)
	s.pause()
	return transport.Reason(err)
}

func (s *session) handTo(to int) string {
	caller := s.owners[1-to]
	return transport.Reason(caller.TCP().ControllingProcess(s.sock, s.owners[to]))
}

func (s *session) message(owner int) string {
	m, err := s.owners[owner].Receive(operationLimit)
	switch m := m.(type) {
	case transport.Data:
		return fmt.Sprintf("data %q", m.Payload.Data)
	case transport.Error:
		return "error " + transport.Reason(m.Err)
	case nil:
		return transport.Reason(err)
	}
	return fmt.Sprintf("%T", m)
}

func (s *session) options() string {
	opts, err := s.tcp(0).GetOpts(s.sock, "active", "packet", "exit_on_close", "mode")
	return fmt.Sprint(opts, transport.Reason(err))
}

// perform runs the sequence on arm and returns one line per operation.
func perform(t testing.TB, arm vectors.Arm, sequence []byte) []string {
	t.Helper()
	world, err := arm.Open(vectors.Needs{})
	if err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := &session{world: world}
	for i, name := range []string{"0", "1"} {
		s.owners[i] = world.Node().NewOwner(name)
	}
	l, err := s.tcp(0).Listen(0, transport.IP(world.StandIn(local1)), transport.Active(false), transport.NoDelay(true))
	if err != nil {
		t.Fatal(err)
	}
	addr, err := s.tcp(0).SockName(l)
	if err != nil {
		t.Fatal(err)
	}
	if s.peer, err = world.DialPeer(t.Context(), addr, 0); err != nil {
		t.Fatal(err)
	}
	defer s.peer.Close()
	if s.sock, err = s.tcp(0).Accept(l, transport.Infinity); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, b := range sequence {
		op := operations[int(b)%len(operations)]
		lines = append(lines, op.name+": "+op.run(s))
	}
	return lines
}

// firstDifference returns the histories up to the first line that differs.
func firstDifference(a, b []string) string {
	for i := range a {
		if a[i] != b[i] {
			return strings.Join(a[:i], "\n") + "\n--- " + a[i] + "\n+++ " + b[i]
		}
	}
	return ""
}

// FuzzOperations runs a random sequence of operations on the kernel and on
// the userspace stack and wants the same history of both. A difference counts
// when it comes three times in a row: one that does not is the machine's.
func FuzzOperations(f *testing.F) {
	kernel := kernelArms()
	if len(kernel) == 0 {
		f.Skip("needs the arm of the operating system's sockets")
	}
	for seed := range int64(12) {
		sequence := make([]byte, operationsMax)
		rand.New(rand.NewSource(seed)).Read(sequence)
		f.Add(sequence)
	}
	f.Fuzz(func(t *testing.T, sequence []byte) {
		t.Parallel()
		sequence = sequence[:min(len(sequence), operationsMax)]
		var difference string
		for range 3 {
			want := perform(t, kernel[0], sequence)
			difference = firstDifference(want, perform(t, netstackArm{}, sequence))
			if difference == "" {
				return
			}
		}
		t.Errorf("the kernel (-) and netstack (+) differ:\n%s", difference)
	})
}
