package scenarios

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// pair is a connection between a client and a server, and the hosts.
func pair(t *testing.T, w *sim.World) (cli, srv *sim.Host, c, s *netstack.Conn) {
	t.Helper()
	cli, srv = w.Host("cli"), w.Host("srv")
	l := sim.Must(srv.Listen("tcp", ":80"))
	c = w.Must(cli.Dial("tcp", "srv:80")).(*netstack.Conn)
	s = w.Must(l.Accept()).(*netstack.Conn)
	w.Settle()
	w.Mark()
	return cli, srv, c, s
}

// state is that of the host's one connection, CLOSED where there is none.
func state(h *sim.Host) string {
	for _, s := range h.Sockets() {
		if s.Remote.IsValid() {
			return s.State
		}
	}
	return netstack.StateClosed.String()
}

// wantStates compares the states of both ends with what they are to be at this
// instant.
func wantStates(t *testing.T, a, b *sim.Host, wantA, wantB netstack.State) {
	t.Helper()
	if gotA, gotB := state(a), state(b); gotA != wantA.String() || gotB != wantB.String() {
		t.Errorf("at %v: %s is in %s and %s in %s, want %s and %s", a.World().Now(), a.Name(), gotA, b.Name(), gotB, wantA, wantB)
	}
}

// Test07SimultaneousClose: RFC 9293 section 3.6, figure 13: two FINs that cross
// lead both ends from FIN-WAIT-1 by way of CLOSING to TIME-WAIT.
func Test07SimultaneousClose(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		start := w.Now()
		c.Close()
		s.Close()
		w.Wait()
		wantStates(t, cli, srv, netstack.StateFinWait1, netstack.StateFinWait1)
		w.RunFor(10 * time.Millisecond) // the FINs have arrived
		wantStates(t, cli, srv, netstack.StateClosing, netstack.StateClosing)
		w.RunFor(10 * time.Millisecond) // and their acknowledgements
		wantStates(t, cli, srv, netstack.StateTimeWait, netstack.StateTimeWait)
		w.Packets(sim.FIN).Since(start).WantTimes(t, "0 0")
		w.Packets().Since(start).WantTimes(t, "0 0 10ms 10ms")
	})
}

// Test08HalfClose: RFC 9293 section 3.6, case 1: who has sent FIN can still
// receive, in FIN-WAIT-2, for as long as the peer likes to send.
func Test08HalfClose(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read %v, want EOF", err)
		}
		w.RunFor(time.Hour) // no timer runs: the socket is still held by its program
		wantStates(t, cli, srv, netstack.StateFinWait2, netstack.StateCloseWait)
		go func() {
			sim.Must(s.Write(make([]byte, 100_000)))
			s.Close()
		}()
		if n, err := io.Copy(io.Discard, net.Conn(c)); n != 100_000 || err != nil {
			t.Errorf("read %d bytes after our FIN, %v", n, err)
		}
		w.Settle()
		wantStates(t, cli, srv, netstack.StateTimeWait, netstack.StateClosed)
	})
}
