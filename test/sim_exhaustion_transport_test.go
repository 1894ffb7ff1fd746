package test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/transport"
)

// contract is one owner on a host of a simulated world.
type contract struct {
	*transport.TCP
	t testing.TB
	w *sim.World
}

func onHost(t testing.TB, w *sim.World, h *sim.Host) contract {
	return contract{sim.Must(h.Transport()).NewOwner(h.Name()).TCP(), t, w}
}

// want runs a call and checks its reason, "" for success, and that it takes
// exactly so long.
func (c contract) want(what string, call func() error, reason string, after time.Duration) {
	c.t.Helper()
	c.w.Mark()
	err := call()
	if got := transport.Reason(err); got != reason || (err != nil) != (reason != "") {
		c.t.Errorf("%s: %v, want %q", what, err, reason)
	}
	if took := c.w.Elapsed(); took != after {
		c.t.Errorf("%s takes %v, want %v", what, took, after)
	}
}

// accept, connect and so on are the calls of want.
func (c contract) accept(l *transport.Socket, timeout time.Duration, got **transport.Socket) func() error {
	return func() (err error) {
		*got, err = c.Accept(l, timeout)
		return err
	}
}

func (c contract) connect(to *sim.Host, port uint16, timeout time.Duration, got **transport.Socket, opts ...transport.Option) func() error {
	return func() (err error) {
		opts = append([]transport.Option{transport.Binary(), transport.Active(false)}, opts...)
		*got, err = c.Connect(netip.AddrPortFrom(to.Addr(), port), timeout, opts...)
		return err
	}
}

func (c contract) close(s *transport.Socket) {
	if err := c.Close(s); err != nil {
		c.t.Error(err)
	}
}

func (c contract) listen(port int, opts ...transport.Option) *transport.Socket {
	c.t.Helper()
	l, err := c.Listen(port, append([]transport.Option{transport.Binary(), transport.Active(false)}, opts...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	return l
}

const simRTT = 20 * time.Millisecond

var rttPath = sim.PathConfig{Delay: simRTT / 2}

// TestSimTransportBacklogOverflow: accept(timeout) of gen_tcp against an empty
// backlog, then one more connection than backlog+1, which gets in when there is
// room again.
func TestSimTransportBacklogOverflow(t *testing.T) {
	inBothSims(t, sim.Config{Path: rttPath}, func(t testing.TB, w *sim.World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		server, client := onHost(t, w, srv), onHost(t, w, cli)
		l := server.listen(80, transport.Backlog(4))
		var s, accepted *transport.Socket
		server.want("accept on an empty backlog", server.accept(l, 3*time.Second, &accepted), "timeout", 3*time.Second)
		server.want("accept that only looks", server.accept(l, 0, &accepted), "timeout", 0)

		for range 5 {
			client.want("a connect that finds room", client.connect(srv, 80, transport.Infinity, &s), "", simRTT)
		}
		w.Settle()
		w.WantCounter(t, srv, sim.AcceptQueue, 5)
		client.want("the sixth, with a timeout", client.connect(srv, 80, 2*time.Second, &s), "timeout", 2*time.Second)
		client.want("the sixth, without", client.connect(srv, 80, transport.Infinity, &s), "etimedout", 127*time.Second)
		w.WantCounter(t, srv, sim.ListenOverflowSYNDrops, 2+7)
		w.WantSockets(t, cli, netstack.StateSynSent, 0)

		for range 5 {
			server.want("accept from a full backlog", server.accept(l, 0, &accepted), "", 0)
		}
		server.want("accept when all are taken", server.accept(l, time.Second, &accepted), "timeout", time.Second)
		client.want("a connect when there is room again", client.connect(srv, 80, transport.Infinity, &s), "", simRTT)
		w.Settle()
		server.want("accept of that one", server.accept(l, 0, &accepted), "", 0)
	})
}

// TestSimTransportBacklogDrainsLate: the SYN that was dropped is repeated at 1, 3
// and 7 s; an accept at 5 s makes room for the last of these.
func TestSimTransportBacklogDrainsLate(t *testing.T) {
	inBothSims(t, sim.Config{Path: rttPath}, func(t testing.TB, w *sim.World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		server, client := onHost(t, w, srv), onHost(t, w, cli)
		l := server.listen(80, transport.Backlog(0))
		var s, accepted *transport.Socket
		client.want("the first connect", client.connect(srv, 80, transport.Infinity, &s), "", simRTT)
		w.Settle()
		srv.Go("late", func() {
			srv.Sleep(5 * time.Second)
			if _, err := server.Accept(l, 0); err != nil {
				t.Error(err)
			}
		})
		client.want("the second", client.connect(srv, 80, transport.Infinity, &s), "", 7*time.Second+simRTT)
		w.Settle()
		server.want("accept of the second", server.accept(l, 0, &accepted), "", 0)
		w.WantCounter(t, srv, sim.ListenOverflowSYNDrops, 3)
	})
}

// TestSimTransportTimeouts: receive and send_timeout of gen_tcp end at their very
// instants, lose nothing, and the calls after them go on.
func TestSimTransportTimeouts(t *testing.T) {
	inBothSims(t, sim.Config{Path: rttPath}, func(t testing.TB, w *sim.World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		server, client := onHost(t, w, srv), onHost(t, w, cli)
		l := server.listen(80, transport.RecBuf(4096))
		var s, accepted *transport.Socket
		client.want("connect", client.connect(srv, 80, transport.Infinity, &s,
			transport.SndBuf(4096), transport.SendTimeout(1500*time.Millisecond)), "", simRTT)
		server.want("accept", server.accept(l, time.Second, &accepted), "", simRTT/2)
		receive := func(length int, timeout time.Duration) func() error {
			return func() error {
				_, err := server.Receive(accepted, length, timeout)
				return err
			}
		}
		server.want("receive of what never comes", receive(0, 2500*time.Millisecond), "timeout", 2500*time.Millisecond)
		server.want("receive that only looks", receive(0, 0), "timeout", 0)
		sim.Must(0, client.Send(s, "half"))
		server.want("receive of more than there is", receive(8, 700*time.Millisecond), "timeout", 700*time.Millisecond)
		server.want("receive of what that left", receive(4, 0), "", 0)

		send := func() error { return client.Send(s, make([]byte, 32<<10)) }
		client.want("a send to an empty queue", send, "", 0)
		client.want("a send behind it, to a peer that does not read", send, "timeout", 1500*time.Millisecond)
		if err := receive(64<<10, time.Minute)(); err != nil {
			t.Errorf("receive of both payloads, since the one that timed out stays queued: %v", err)
		}
		client.want("a send to the queue that is empty again", send, "", 0)
	})
}

// TestSimTransportSystemLimit: the socket beyond the limit is system_limit, at
// once, a connection that was to be accepted stays queued, and closing one makes
// room.
func TestSimTransportSystemLimit(t *testing.T) {
	inBothSims(t, sim.Config{Path: rttPath}, func(t testing.TB, w *sim.World) {
		srv := w.Host("srv", func(cfg *sim.HostConfig) { cfg.SocketsMax = 2 })
		cli := w.Host("cli")
		server, client := onHost(t, w, srv), onHost(t, w, cli)
		l := server.listen(80)
		var first, second, accepted, third *transport.Socket
		client.want("connect", client.connect(srv, 80, transport.Infinity, &first), "", simRTT)
		client.want("connect", client.connect(srv, 80, transport.Infinity, &second), "", simRTT)
		w.Settle()
		server.want("accept below the limit", server.accept(l, 0, &accepted), "", 0)
		server.want("accept at the limit", server.accept(l, time.Minute, &third), "system_limit", 0)
		server.want("connect at the limit", server.connect(cli, 80, time.Minute, &third), "system_limit", 0)
		server.want("listen at the limit", func() error { _, err := server.Listen(81); return err }, "system_limit", 0)
		w.WantCounter(t, srv, sim.SocketsRefused, 3)
		w.WantCounter(t, srv, sim.AcceptQueue, 1)
		w.WantCounter(t, srv, sim.SocketsOpen, 2)
		server.close(accepted)
		server.want("accept after a close", server.accept(l, 0, &third), "", 0)
		peer, _ := server.PeerName(third)
		if local, err := client.SockName(second); err != nil || peer != local {
			t.Errorf("accepted %v, want %v, which was queued (%v)", peer, local, err)
		}
	})
}

// TestSimTransportPortExhaustion: a range of two ports is eaddrnotavail for the
// third connect to one address, eaddrinuse for a listener, and free again for
// either when a connection is gone; another address has both ports.
func TestSimTransportPortExhaustion(t *testing.T) {
	ports := netstack.PortRange{First: 40000, Last: 40001}
	cfg := sim.Config{Path: rttPath, TCP: netstack.TCPConfig{EphemeralPorts: ports}}
	inBothSims(t, cfg, func(t testing.TB, w *sim.World) {
		srv, other, cli := w.Host("srv"), w.Host("other"), w.Host("cli")
		server, client := onHost(t, w, srv), onHost(t, w, cli)
		l := server.listen(80)
		onHost(t, w, other).listen(80)
		listen := func() error {
			l, err := client.Listen(0)
			if err == nil {
				err = client.Close(l)
			}
			return err
		}
		var first, second, accepted, s *transport.Socket
		client.want("the first", client.connect(srv, 80, transport.Infinity, &first), "", simRTT)
		client.want("a listener on the port that is left", listen, "", 0)
		client.want("the second", client.connect(srv, 80, transport.Infinity, &second), "", simRTT)
		client.want("the third", client.connect(srv, 80, transport.Infinity, &s), "eaddrnotavail", 0)
		client.want("a listener", listen, "eaddrinuse", 0)
		w.WantCounter(t, cli, sim.PortsExhausted, 2)
		client.want("the third, to another host", client.connect(other, 80, transport.Infinity, &s), "", simRTT)
		client.want("the fourth, to another host", client.connect(other, 80, transport.Infinity, &s), "", simRTT)

		// The server closes first and keeps the pair in TIME-WAIT; the client's
		// port is free when it has closed, too, and its next SYN reopens the
		// pair (RFC 6191, section 2).
		server.want("accept", server.accept(l, 0, &accepted), "", 0)
		server.close(accepted)
		w.Settle()
		client.close(first)
		w.Settle()
		w.WantSockets(t, srv, netstack.StateTimeWait, 1)
		client.want("a connect from the port that is free again", client.connect(srv, 80, transport.Infinity, &first), "", simRTT)
		w.WantSockets(t, srv, netstack.StateTimeWait, 0)

		// The client closes first: the port is its own for TIME-WAIT.
		client.close(second)
		w.Settle()
		server.want("accept", server.accept(l, 0, &accepted), "", 0)
		server.close(accepted)
		w.Mark()
		if err := w.RunUntil(func() bool { return w.Counter(cli, sim.SocketsTimeWait) == 1 }); err != nil {
			t.Error(err)
		}
		w.WantElapsed(t, simRTT/2)
		client.want("a connect into TIME-WAIT", client.connect(srv, 80, transport.Infinity, &s), "eaddrnotavail", 0)
		w.RunFor(time.Minute - time.Nanosecond)
		client.want("a connect just before its end", client.connect(srv, 80, transport.Infinity, &s), "eaddrnotavail", 0)
		w.RunFor(time.Nanosecond)
		client.want("a connect at its end", client.connect(srv, 80, transport.Infinity, &s), "", simRTT)
		w.WantCounter(t, cli, sim.PortsExhausted, 4)
	})
}
