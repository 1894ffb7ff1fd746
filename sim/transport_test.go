package sim

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// contract is two hosts with an owner on each.
type contract struct {
	srv, cli   *Host
	anna, bert *transport.Owner // of srv and of cli
	remote     netip.AddrPort   // srv's port 7
}

func newContract(w *World) contract {
	srv, cli := w.Host("srv"), w.Host("cli")
	return contract{
		srv, cli, Must(srv.Transport()).NewOwner("anna"), Must(cli.Transport()).NewOwner("bert"),
		netip.AddrPortFrom(srv.Addr(), 7),
	}
}

// listen opens anna's passive binary listener on port 7.
func (c contract) listen(opts ...transport.Option) *transport.Socket {
	return Must(c.anna.TCP().Listen(7, append([]transport.Option{transport.Binary(), transport.Active(false)}, opts...)...))
}

// connect connects bert to port 7, passive and binary.
func (c contract) connect(timeout time.Duration) (*transport.Socket, error) {
	return c.bert.TCP().Connect(c.remote, timeout, transport.Binary(), transport.Active(false))
}

func TestTransportTimeoutsAreExact(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		c := newContract(w)
		l := c.listen()
		const longest = 3 * time.Second
		call{"Accept on an empty listener", func() error {
			_, err := c.anna.TCP().Accept(l, longest)
			return err
		}, transport.ErrTimeout, longest}.check(t, w)
		s := Must(c.connect(transport.Infinity))
		call{"Receive", func() error {
			_, err := c.bert.TCP().Receive(s, 0, 1500*time.Millisecond)
			return err
		}, transport.ErrTimeout, 1500 * time.Millisecond}.check(t, w)
		c.cli.Sleep(40 * time.Second) // without an event for the stack
		call{"Owner.Receive", func() error {
			_, err := c.bert.Receive(time.Second)
			return err
		}, transport.ErrTimeout, time.Second}.check(t, w)
	})
}

func TestTransportConnectBeyondTheBacklog(t *testing.T) {
	cfg := Config{Path: link10.Path, TCP: netstack.TCPConfig{SYNRetries: 2}}
	inBoth(t, cfg, func(t *testing.T, w *World) {
		c := newContract(w)
		c.listen(transport.Backlog(4))
		connect := func(timeout time.Duration) func() error {
			return func() error { _, err := c.connect(timeout); return err }
		}
		for range 5 {
			call{"connect to the backlog", connect(transport.Infinity), nil, 20 * time.Millisecond}.check(t, w)
		}
		call{"the sixth", connect(2 * time.Second), transport.ErrTimeout, 2 * time.Second}.check(t, w)
		// SYNs at 0, 1 and 3 s; the answer to the last is awaited until 7 s.
		call{"the sixth, without a limit of its own", connect(transport.Infinity),
			syscall.ETIMEDOUT, 7 * time.Second}.check(t, w)
	})
}

func TestTransportOwnerExitEndsItsCalls(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		c := newContract(w)
		carl := Must(c.cli.Transport()).NewOwner("carl")
		l := c.listen(transport.Active(true))
		s := Must(c.connect(transport.Infinity))
		accepted := Must(c.anna.TCP().Accept(l, transport.Infinity))
		// Nothing is due in the world when the bubble's own timers end owners.
		time.AfterFunc(time.Hour, c.bert.Exit)
		start := w.Now()
		go call{"Receive of an owner that ends", func() error {
			_, err := c.bert.TCP().Receive(s, 0, transport.Infinity)
			return err
		}, transport.ErrClosed, time.Hour}.check(t, w)
		m, err := c.anna.Receive(transport.Infinity)
		if closed, ok := m.(transport.Closed); !ok || closed.Socket != accepted {
			t.Errorf("the peer gets %v, %v; want Closed", m, err)
		}
		wantNow(t, w, start+time.Hour+10*time.Millisecond, "the peer has noticed")
		time.AfterFunc(time.Minute, carl.Exit)
		call{"Owner.Receive without a socket", func() error {
			_, err := carl.Receive(transport.Infinity)
			return err
		}, transport.ErrClosed, time.Minute}.check(t, w)
	})
}

func TestNodeCloseWakesEverybodyAtOnce(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		c := newContract(w)
		l := c.listen()
		s := Must(c.connect(transport.Infinity))
		// Much more than the buffers hold waits in the socket's queue.
		if err := c.bert.TCP().Send(s, make([]byte, 32<<20)); err != nil {
			t.Error(err)
		}
		done := make(chan struct{})
		for _, blocked := range []call{
			{"Receive", func() error { _, err := c.bert.TCP().Receive(s, 0, transport.Infinity); return err }, transport.ErrClosed, time.Second},
			{"Send", func() error { return c.bert.TCP().Send(s, []byte("x")) }, transport.ErrClosed, time.Second},
			{"Owner.Receive", func() error { _, err := c.bert.Receive(transport.Infinity); return err }, transport.ErrClosed, time.Second},
			{"Connect", func() error {
				_, err := c.bert.TCP().Connect(netip.MustParseAddrPort(unused), transport.Infinity)
				return err
			}, transport.ErrClosed, time.Second},
		} {
			go func() { blocked.check(t, w); done <- struct{}{} }()
		}
		c.cli.Sleep(time.Second)
		call{"Node.Close", Must(c.cli.Transport()).Close, nil, 0}.check(t, w)
		for range 4 {
			<-done
		}
		if _, err := c.anna.TCP().Accept(l, 0); err != nil {
			t.Error(err)
		}
		call{"Node.Close of the other", Must(c.srv.Transport()).Close, nil, 0}.check(t, w)
	})
}

// TestTransportActiveModeDelivers lets a message arrive after exactly one way.
func TestTransportActiveModeDelivers(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		c := newContract(w)
		l := c.listen(transport.Active(true))
		s := Must(c.connect(transport.Infinity))
		Must(c.anna.TCP().Accept(l, transport.Infinity))
		c.cli.Sleep(time.Second)
		start := w.Now()
		if err := c.bert.TCP().Send(s, []byte("hello")); err != nil {
			t.Error(err)
		}
		m, err := c.anna.Receive(transport.Infinity)
		if data, _ := m.(transport.Data); string(data.Payload.Data) != "hello" {
			t.Errorf("%v, %v, want the message", m, err)
		}
		wantNow(t, w, start+10*time.Millisecond, "the message is there")
	})
}
