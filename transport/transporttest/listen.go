package transporttest

import (
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
)

var listenCases = []testCase{
	{"ListenPortZeroChoosesAPort", listenPortZero},
	{"ListenPortInUseIsEaddrinuse", listenPortInUse},
	{"ListenerAnswersEnotconn", listenerEnotconn},
	{"ConnectToAClosedPortIsEconnrefused", connectRefused},
	{"NamesOfBothEndsAgree", namesAgree},
}

// backlogCases: semantics 8.1, B+1 on every arm.
var backlogCases = []testCase{
	{"BacklogAdmitsOneMoreThanItsNumber", backlogAdmitsOneMore},
	{"BacklogZeroAdmitsOne", backlogZero},
	{"BacklogWithRoomAgainAdmitsTheNext", backlogRoomAgain},
	{"IdleListenerLeavesItsBacklog", idleListenerLeavesBacklog},
}

func listenPortZero(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	port, err := w.server.TCP().Port(l)
	if err != nil || port == 0 {
		t.Fatalf("port: %d, %v", port, err)
	}
}

func listenPortInUse(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	port, err := w.server.TCP().Port(l)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.server.TCP().Listen(port, transport.IP(w.Addr))
	wantReason(t, "listen", err, "eaddrinuse")
}

// listenerEnotconn: a listener answers enotconn to everything but accept and
// the inet helpers.
func listenerEnotconn(t *testing.T, w *world) {
	tcp := w.server.TCP()
	l := w.listen(t, w.server)
	_, err := tcp.Receive(l, 0, 0)
	wantReason(t, "receive", err, "enotconn")
	wantReason(t, "send", tcp.Send(l, "x"), "enotconn")
	wantReason(t, "shutdown", tcp.Shutdown(l, transport.ShutdownWrite), "enotconn")
	_, err = tcp.PeerName(l)
	wantReason(t, "peername", err, "enotconn")
	if err := tcp.SetOpts(l, transport.NoDelay(true)); err != nil {
		t.Errorf("setopts: %v", err)
	}
}

func connectRefused(t *testing.T, w *world) {
	l := w.listen(t, w.server)
	port, err := w.server.TCP().Port(l)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.server.TCP().Close(l)
	_, err = w.client.TCP().Connect(netip.AddrPortFrom(w.Addr, uint16(port)), patience)
	wantReason(t, "connect", err, "econnrefused")
}

func namesAgree(t *testing.T, w *world) {
	server, client := w.pair(t)
	stcp, ctcp := w.server.TCP(), w.client.TCP()
	for _, side := range []struct {
		here, there       *transport.TCP
		ours, theirs      *transport.Socket
		hereName, thereIs string
	}{{stcp, ctcp, server, client, "server", "client"}, {ctcp, stcp, client, server, "client", "server"}} {
		sock, err := side.here.SockName(side.ours)
		if err != nil {
			t.Fatalf("sockname of the %s: %v", side.hereName, err)
		}
		peer, err := side.there.PeerName(side.theirs)
		if err != nil || peer != sock {
			t.Errorf("the %s sees %v, %v, want %v", side.thereIs, peer, err, sock)
		}
	}
}

func backlogAdmitsOneMore(t *testing.T, w *world) {
	l := w.listen(t, w.server, transport.Backlog(2))
	for range 3 {
		w.connect(t, w.client, l)
	}
	w.settle(t)
	_, err := w.tryConnect(t, w.client, l, moment)
	wantReason(t, "connect to a full backlog", err, "timeout")
}

func backlogZero(t *testing.T, w *world) {
	l := w.listen(t, w.server, transport.Backlog(0))
	w.connect(t, w.client, l)
	w.settle(t)
	_, err := w.tryConnect(t, w.client, l, moment)
	wantReason(t, "connect to a full backlog", err, "timeout")
}

// backlogRoomAgain: a client that was met with silence gets in with a
// repetition of its SYN.
func backlogRoomAgain(t *testing.T, w *world) {
	l := w.listen(t, w.server, transport.Backlog(0))
	w.connect(t, w.client, l)
	w.settle(t)
	late := async(func() (*transport.Socket, error) { return w.tryConnect(t, w.client, l, patience) })
	wantPending(t, w, late, "connect to a full backlog")
	accept(t, w.server, l)
	if r := await(t, w, late, "connect after room was made"); r.err != nil {
		t.Fatalf("connect after room was made: %v", r.err)
	}
	accept(t, w.server, l)
}

// idleListenerLeavesBacklog: nothing is accepted but for a request, so after
// one Accept there is room for one more and no more.
func idleListenerLeavesBacklog(t *testing.T, w *world) {
	l := w.listen(t, w.server, transport.Backlog(1))
	w.connect(t, w.client, l)
	w.connect(t, w.client, l)
	accept(t, w.server, l)
	w.connect(t, w.client, l)
	w.settle(t)
	_, err := w.tryConnect(t, w.client, l, moment)
	wantReason(t, "connect to a backlog that is full again", err, "timeout")
}
