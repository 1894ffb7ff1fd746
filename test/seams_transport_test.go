package test

import (
	"errors"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// simRemote is where the Transport's listeners of host 1 are.
var simRemote = netip.MustParseAddrPort("192.0.2.2:7")

// simListen opens a passive binary listener on port 7.
func simListen(t *testing.T, owner *transport.Owner, opts ...transport.Option) *transport.Socket {
	l, err := owner.TCP().Listen(int(simRemote.Port()), append([]transport.Option{transport.Binary(), transport.Active(false)}, opts...)...)
	if err != nil {
		t.Error(err)
	}
	return l
}

// simConnect connects to port 7, passive and binary.
func simConnect(owner *transport.Owner, timeout time.Duration) (*transport.Socket, error) {
	return owner.TCP().Connect(simRemote, timeout, transport.Binary(), transport.Active(false))
}

// simCall is one blocked call and how it has to end.
type simCall struct {
	name  string
	run   func() error
	want  error
	after time.Duration
}

// check runs the call.
func (c simCall) check(t *testing.T) {
	passed := stopwatch()
	err := c.run()
	if took := passed(); !errors.Is(err, c.want) || took != c.after {
		t.Errorf("%s: %v after %v, want %v after %v", c.name, err, took, c.want, c.after)
	}
}

func TestSimTransportTimeoutsAreExact(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		server, client := b.node(1), b.node(0)
		defer server.Close()
		defer client.Close()
		anna, bert := server.NewOwner("anna"), client.NewOwner("bert")
		l := simListen(b.t, anna)
		const longest = 3 * time.Second
		simCall{"Accept on an empty listener", func() error {
			_, err := anna.TCP().Accept(l, longest)
			return err
		}, transport.ErrTimeout, longest}.check(b.t)

		s, err := simConnect(bert, transport.Infinity)
		if err != nil {
			b.t.Error(err)
			return
		}
		simCall{"Receive", func() error {
			_, err := bert.TCP().Receive(s, 0, 1500*time.Millisecond)
			return err
		}, transport.ErrTimeout, 1500 * time.Millisecond}.check(b.t)

		// The stack's clock has seen no event for a while when this begins.
		<-time.After(40 * time.Second)
		simCall{"Owner.Receive", func() error {
			_, err := bert.Receive(time.Second)
			return err
		}, transport.ErrTimeout, time.Second}.check(b.t)
	})
}

func TestSimTransportConnectBeyondTheBacklog(t *testing.T) {
	cfg := simConfig{delay: simDelay, tcp: netstack.TCPConfig{SYNRetries: 2}}
	inBubble(t, cfg, func(b *bubble) {
		server, client := b.node(1), b.node(0)
		defer server.Close()
		defer client.Close()
		anna, bert := server.NewOwner("anna"), client.NewOwner("bert")
		simListen(b.t, anna, transport.Backlog(4))
		connect := func(timeout time.Duration) func() error {
			return func() error { _, err := simConnect(bert, timeout); return err }
		}
		for range 5 {
			simCall{"connect to the backlog", connect(transport.Infinity), nil, 2 * simDelay}.check(b.t)
		}
		simCall{"the sixth", connect(2 * time.Second), transport.ErrTimeout, 2 * time.Second}.check(b.t)
		// SYNs at 0, 1 and 3 s; the answer to the last is awaited until 7 s.
		simCall{"the sixth, without a limit of its own", connect(transport.Infinity),
			syscall.ETIMEDOUT, 7 * time.Second}.check(b.t)
	})
}

func TestSimTransportOwnerExitEndsItsCalls(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		server, client := b.node(1), b.node(0)
		defer server.Close()
		defer client.Close()
		anna, bert, carl := server.NewOwner("anna"), client.NewOwner("bert"), client.NewOwner("carl")
		l := simListen(b.t, anna, transport.Active(true))
		s, err := simConnect(bert, transport.Infinity)
		if err != nil {
			b.t.Error(err)
			return
		}
		accepted, err := anna.TCP().Accept(l, transport.Infinity)
		if err != nil {
			b.t.Error(err)
			return
		}
		// Nothing is due in the world when the bubble's own timers end owners.
		time.AfterFunc(time.Hour, bert.Exit)
		passed := stopwatch()
		blocked := simCall{"Receive of an owner that ends", func() error {
			_, err := bert.TCP().Receive(s, 0, transport.Infinity)
			return err
		}, transport.ErrClosed, time.Hour}
		go blocked.check(b.t)
		m, err := anna.Receive(transport.Infinity)
		if closed, ok := m.(transport.Closed); !ok || closed.Socket != accepted || passed() != time.Hour+simDelay {
			b.t.Errorf("the peer gets %v, %v after %v; want Closed after an hour and %v", m, err, passed(), simDelay)
		}
		time.AfterFunc(time.Minute, carl.Exit)
		simCall{"Owner.Receive without a socket", func() error {
			_, err := carl.Receive(transport.Infinity)
			return err
		}, transport.ErrClosed, time.Minute}.check(b.t)
	})
}

func TestSimNodeCloseWakesEverybodyAtOnce(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		server, client := b.node(1), b.node(0)
		anna, bert := server.NewOwner("anna"), client.NewOwner("bert")
		l := simListen(b.t, anna)
		s, err := simConnect(bert, transport.Infinity)
		if err != nil {
			b.t.Error(err)
			return
		}
		// Much more than the buffers hold waits in the socket's queue.
		if err := bert.TCP().Send(s, make([]byte, 32<<20)); err != nil {
			b.t.Error(err)
		}
		done := make(chan struct{})
		for _, c := range []simCall{
			{"Receive", func() error { _, err := bert.TCP().Receive(s, 0, transport.Infinity); return err }, transport.ErrClosed, time.Second},
			{"Send", func() error { return bert.TCP().Send(s, []byte("x")) }, transport.ErrClosed, time.Second},
			{"Owner.Receive", func() error { _, err := bert.Receive(transport.Infinity); return err }, transport.ErrClosed, time.Second},
			{"Connect", func() error {
				_, err := bert.TCP().Connect(netip.MustParseAddrPort("192.0.2.9:7"), transport.Infinity)
				return err
			}, transport.ErrClosed, time.Second},
		} {
			go func() { c.check(b.t); done <- struct{}{} }()
		}
		<-time.After(time.Second)
		simCall{"Node.Close", client.Close, nil, 0}.check(b.t)
		for range 4 {
			<-done
		}
		_, err = anna.TCP().Accept(l, 0)
		if err != nil {
			b.t.Error(err)
		}
		simCall{"Node.Close of the other", server.Close, nil, 0}.check(b.t)
	})
}

// TestSimConversationInABubble lets the program of the cooperative test run
// under Go's own scheduler. Several connections of one instant may change
// places here; a minimal driver has no names for them.
func TestSimConversationInABubble(t *testing.T) {
	trace := inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		var running sync.WaitGroup
		spawn := func(f func()) { running.Go(f) }
		simConversation(b.t, spawn, time.Now, b.node, func(string) {})
		running.Wait()
	})
	if trace.took < 3*time.Second || trace.packets < 100 {
		t.Errorf("%+v: that is no conversation", trace)
	}
}

// TestSimActiveModeDelivers lets a message arrive after exactly one way.
func TestSimActiveModeDelivers(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		server, client := b.node(1), b.node(0)
		defer server.Close()
		defer client.Close()
		anna, bert := server.NewOwner("anna"), client.NewOwner("bert")
		l := simListen(b.t, anna, transport.Active(true))
		s, err := simConnect(bert, transport.Infinity)
		if err != nil {
			b.t.Error(err)
			return
		}
		if _, err := anna.TCP().Accept(l, transport.Infinity); err != nil {
			b.t.Error(err)
		}
		<-time.After(time.Second)
		passed := stopwatch()
		if err := bert.TCP().Send(s, []byte("hello")); err != nil {
			b.t.Error(err)
		}
		m, err := anna.Receive(transport.Infinity)
		data, _ := m.(transport.Data)
		if took := passed(); string(data.Payload.Data) != "hello" || took != simDelay {
			b.t.Errorf("%v, %v after %v, want the message after %v", m, err, took, simDelay)
		}
	})
}
