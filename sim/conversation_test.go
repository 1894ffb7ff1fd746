package sim

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/transport"
)

// TestConversationHasOneTrace lets a server echo to three clients, each of
// which an owner of its own serves that was handed the socket, and compares
// the packets of several runs, and who has said what when.
func TestConversationHasOneTrace(t *testing.T) {
	first := map[string]string{} // by mode
	for range 3 {
		inBoth(t, link10, func(t *testing.T, w *World) {
			loss, log := w.Fault(fault.Loss{Chance: 20_000}), &minutes{w: w, said: map[string]string{}}
			converse(t, w, log.tell)
			w.RunFor(time.Minute)
			if w.Trace().Len() < 100 || loss.Hits() == 0 {
				t.Fatalf("%d packets, %d lost: that is no conversation", w.Trace().Len(), loss.Hits())
			}
			all := fmt.Sprint(log.said, w.Hash()) // in the order of the names
			mode := fmt.Sprintf("%T", w.sched)
			if first[mode] == "" {
				first[mode] = all
			} else if first[mode] != all {
				t.Errorf("this was said:\n%s\nin the first run:\n%s", all, first[mode])
			}
		})
	}
}

// minutes is what everybody has said. In a bubble several speak at once.
type minutes struct {
	w    *World
	mu   sync.Mutex
	said map[string]string
}

func (m *minutes) tell(who, what string) {
	now := m.w.Now()
	m.mu.Lock()
	m.said[who] += fmt.Sprintln(now, what)
	m.mu.Unlock()
}

// converse starts the server and its clients.
func converse(t *testing.T, w *World, tell func(who, what string)) {
	const clients = 3
	c := newContract(w)
	l := c.listen(transport.Packet(transport.Packet4))
	c.srv.Go("acceptor", func() {
		for i := range clients {
			s, err := c.anna.TCP().Accept(l, transport.Infinity)
			if err != nil {
				t.Error(err)
				return
			}
			o := Must(c.srv.Transport()).NewOwner(fmt.Sprint("server ", i))
			if err := c.anna.TCP().ControllingProcess(s, o); err != nil {
				t.Error(err)
			}
			c.srv.Go(o.Name(), func() { echoActively(t, o, s, tell) })
		}
		_, err := c.anna.TCP().Accept(l, 3*time.Second)
		tell("acceptor", fmt.Sprint(err))
		c.anna.Exit()
	})
	for i := range clients {
		cli := w.Host(fmt.Sprint("client-", i))
		cli.Go("client", func() { talk(t, c, cli, bytes.Repeat([]byte{byte(i)}, 60_000), tell) })
	}
}

// echoActively sends back what comes in active mode until the peer closes.
func echoActively(t *testing.T, o *transport.Owner, s *transport.Socket, tell func(who, what string)) {
	defer o.Exit()
	if err := o.TCP().SetOpts(s, transport.Active(true)); err != nil {
		t.Error(err)
	}
	for {
		m, err := o.Receive(time.Minute)
		if err != nil {
			t.Error(o.Name(), err)
			return
		}
		data, ok := m.(transport.Data)
		if !ok {
			tell(o.Name(), fmt.Sprintf("%T", m))
			return
		}
		tell(o.Name(), fmt.Sprint(len(data.Payload.Data)))
		if err := o.TCP().Send(s, data.Payload.Data); err != nil {
			t.Error(o.Name(), err)
		}
	}
}

// talk sends text a few times and expects it back.
func talk(t *testing.T, c contract, cli *Host, text []byte, tell func(who, what string)) {
	o := Must(cli.Transport()).NewOwner("bert")
	defer o.Exit()
	s, err := o.TCP().Connect(c.remote, transport.Infinity, transport.Binary(), transport.Active(false), transport.Packet(transport.Packet4))
	if err != nil {
		t.Error(cli.Name(), err)
		return
	}
	for range 3 {
		if err := o.TCP().Send(s, text); err != nil {
			t.Error(cli.Name(), err)
		}
		got, err := o.TCP().Receive(s, 0, transport.Infinity)
		if err != nil || !bytes.Equal(got.Data, text) {
			t.Errorf("%s: %d bytes came back, %v", cli.Name(), len(got.Data), err)
			return
		}
		tell(cli.Name(), "echoed")
	}
	if _, err := o.TCP().Receive(s, 0, 70*time.Millisecond); !errors.Is(err, transport.ErrTimeout) {
		t.Errorf("%s: %v, want a timeout", cli.Name(), err)
	}
	tell(cli.Name(), "closes")
	if err := o.TCP().Close(s); err != nil {
		t.Error(cli.Name(), err)
	}
}
