package test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// simConversation is a program that runs under either scheduler. The server
// echoes to three clients, each of which an owner of its own serves that was
// handed the socket; then it ends. say is told what happened when.
func simConversation(t *testing.T, spawn func(func()), now func() time.Time, node func(host int) *transport.Node, say func(string)) {
	const clients = 3
	server, client := node(1), node(0)
	start := now()
	tell := func(who, what string) { say(fmt.Sprintf("%v %s: %s", now().Sub(start), who, what)) }
	acceptor := server.NewOwner("acceptor")
	l := simListen(t, acceptor, transport.Packet(transport.Packet4))
	spawn(func() {
		for i := range clients {
			s, err := acceptor.TCP().Accept(l, transport.Infinity)
			if err != nil {
				t.Error(err)
				return
			}
			o := server.NewOwner(fmt.Sprint("server ", i))
			if err := acceptor.TCP().ControllingProcess(s, o); err != nil {
				t.Error(err)
			}
			spawn(func() { simEcho(t, o, s, tell) })
		}
		_, err := acceptor.TCP().Accept(l, 3*time.Second)
		tell("acceptor", fmt.Sprint(err))
		acceptor.Exit()
	})
	for i := range clients {
		o := client.NewOwner(fmt.Sprint("client ", i))
		spawn(func() { simClientTalk(t, o, bytes.Repeat([]byte{byte(i)}, 60_000), tell) })
	}
}

// simEcho sends back what comes in active mode until the peer closes.
func simEcho(t *testing.T, o *transport.Owner, s *transport.Socket, tell func(who, what string)) {
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

// simClientTalk sends text a few times and expects it back.
func simClientTalk(t *testing.T, o *transport.Owner, text []byte, tell func(who, what string)) {
	defer o.Exit()
	s, err := o.TCP().Connect(simRemote, transport.Infinity, transport.Binary(), transport.Active(false), transport.Packet(transport.Packet4))
	if err != nil {
		t.Error(o.Name(), err)
		return
	}
	for range 3 {
		if err := o.TCP().Send(s, text); err != nil {
			t.Error(o.Name(), err)
		}
		got, err := o.TCP().Receive(s, 0, transport.Infinity)
		if err != nil || !bytes.Equal(got.Data, text) {
			t.Errorf("%s: %d bytes came back, %v", o.Name(), len(got.Data), err)
			return
		}
		tell(o.Name(), "echoed")
	}
	if _, err := o.TCP().Receive(s, 0, 70*time.Millisecond); !errors.Is(err, transport.ErrTimeout) {
		t.Errorf("%s: %v, want a timeout", o.Name(), err)
	}
	tell(o.Name(), "closes")
	if err := o.TCP().Close(s); err != nil {
		t.Error(o.Name(), err)
	}
}
