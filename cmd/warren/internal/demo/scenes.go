package demo

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/transport"
)

const (
	serverPort = 7000
	left       = ladder.Left
	right      = ladder.Right
)

// play plays all scenes.
func (s *script) play() {
	s.client = s.network.sides[left].node.NewOwner("client")
	s.acceptor = s.network.sides[right].node.NewOwner("acceptor")
	s.worker = s.network.sides[right].node.NewOwner("worker")
	s.open()
	s.passive()
	s.active()
	s.handOver()
	s.halfClose()
	s.end()
}

// open: a listener, a connection that waits in its backlog, and accept.
func (s *script) open() {
	s.section("1  Open: the stack shakes hands, the program accepts later")
	s.call(right, "Listen(7000, Active(false))", "l belongs to the acceptor", func() (o outcome, err error) {
		s.listener, err = s.acceptor.TCP().Listen(serverPort, transport.Binary(), transport.Active(false), transport.ExitOnClose(false))
		return "l", err
	})
	remote := netip.AddrPortFrom(serverPrefix.Addr(), serverPort)
	s.send(left, fmt.Sprintf("Connect(%v)", remote), "blocks until it stands", func() (o outcome, err error) {
		s.connected, err = s.client.TCP().Connect(remote, patience, transport.Binary(), transport.Active(false))
		return "c, connected", err
	})
	s.call(right, "Accept(l)", "it waited in the backlog: no packet is needed to take it; who accepts, owns", func() (o outcome, err error) {
		s.accepted, err = s.acceptor.TCP().Accept(s.listener, patience)
		return "s", err
	})
}

// passive: data that waits in the stack until it is asked for.
func (s *script) passive() {
	s.section("2  Passive: data waits in the stack until somebody asks")
	s.say(left, s.client, s.connected, "c", "hello, warren")
	s.hear(right, s.acceptor, s.accepted, "s", 5, "exactly 5 bytes")
	s.hear(right, s.acceptor, s.accepted, "s", 0, "0: whatever is there")
	s.call(right, "Receive(s, 0, timeout 0)", "nothing: timeout 0 only looks", func() (outcome, error) {
		_, err := s.acceptor.TCP().Receive(s.accepted, 0, 0)
		return reason(err, transport.ErrTimeout)
	})
}

// active: data that comes as a message.
func (s *script) active() {
	s.section("3  Active: data comes to the owner as a message")
	s.call(right, "SetOpts(s, ActiveOnce())", "one message, then passive", func() (outcome, error) {
		return "ok", s.acceptor.TCP().SetOpts(s.accepted, transport.ActiveOnce())
	})
	s.say(left, s.client, s.connected, "c", "wake up")
	s.await("the message", s.isPassive)
	s.call(right, "GetOpts(s, active)", "so the message is in the acceptor's mailbox, unread", func() (outcome, error) {
		opts, err := s.acceptor.TCP().GetOpts(s.accepted, "active")
		if err != nil {
			return "", err
		}
		return outcome(fmt.Sprint(opts[0].Value)), nil
	})
}

// isPassive reports whether the active socket has delivered its one message.
func (s *script) isPassive() bool {
	opts, err := s.acceptor.TCP().GetOpts(s.accepted, "active")
	return err == nil && len(opts) == 1 && opts[0].Value == false
}

// handOver: a socket changes its owner, and its messages move with it.
func (s *script) handOver() {
	s.section("4  Hand over: another owner takes the socket, and its messages")
	s.call(right, "ControllingProcess(s, worker)", "the acceptor gives s away", func() (outcome, error) {
		return "ok", s.acceptor.TCP().ControllingProcess(s.accepted, s.worker)
	})
	s.call(right, "take it back", "only the owner hands over", func() (outcome, error) {
		err := s.acceptor.TCP().ControllingProcess(s.accepted, s.acceptor)
		return reason(err, transport.ErrNotOwner)
	})
	s.call(right, "worker.Receive()", "the unread message has moved along", func() (outcome, error) {
		m, err := s.worker.Receive(patience)
		if err != nil {
			return "", err
		}
		data, ok := m.(transport.Data)
		if !ok {
			return "", fmt.Errorf("got %T, want Data", m)
		}
		return outcome(fmt.Sprintf("Data %q", data.Payload.Data)), nil
	})
	s.say(right, s.worker, s.accepted, "s", "at your service")
	s.hear(left, s.client, s.connected, "c", 0, "")
}

// halfClose: one direction ends, the other goes on.
func (s *script) halfClose() {
	s.section("5  Half-close: one direction ends, the other goes on")
	s.send(left, "Shutdown(c, ShutdownWrite)", "", func() (outcome, error) {
		return "", s.client.TCP().Shutdown(s.connected, transport.ShutdownWrite)
	})
	s.call(right, "Receive(s, 0)", "the client will send no more", func() (outcome, error) {
		_, err := s.worker.TCP().Receive(s.accepted, 0, patience)
		return reason(err, transport.ErrClosed)
	})
	s.say(right, s.worker, s.accepted, "s", "last words")
	s.hear(left, s.client, s.connected, "c", 0, "still open in this direction")
}

// end: an owner ends, its socket closes, and TIME-WAIT passes.
func (s *script) end() {
	s.section("6  Close: the owner ends, and TIME-WAIT guards the port")
	s.send(right, "worker.Exit()", "an owner that ends closes what it owns", func() (outcome, error) {
		s.worker.Exit()
		<-s.worker.Done()
		return "", nil
	})
	s.call(left, "Receive(c, 0)", "", func() (outcome, error) {
		_, err := s.client.TCP().Receive(s.connected, 0, patience)
		return reason(err, transport.ErrClosed)
	})
	s.call(left, "Close(c)", "", func() (outcome, error) {
		return "ok", s.client.TCP().Close(s.connected)
	})
	client := s.network.sides[left]
	s.await("TIME-WAIT", func() bool { return client.inState("TIME-WAIT") })
	s.call(left, "Sockets()", "who closed first keeps the port, so that a late packet meets no new connection", func() (outcome, error) {
		return outcome(fmt.Sprintf("TIME-WAIT, port %d", clientPort)), nil
	})
	s.await("the end of TIME-WAIT", func() bool { return !client.inState("TIME-WAIT") })
	s.call(left, "Sockets()", fmt.Sprintf("%d ms later (60 s by default) the port is free", timeWait.Milliseconds()), func() (outcome, error) {
		return "none", nil
	})
}

// say sends text and draws what happens.
func (s *script) say(side ladder.Side, owner *transport.Owner, socket *transport.Socket, name, text string) {
	s.send(side, fmt.Sprintf("Send(%s, %q)", name, text), "", func() (outcome, error) {
		return "", owner.TCP().Send(socket, text)
	})
}

// hear receives length bytes, or what is there for 0.
func (s *script) hear(side ladder.Side, owner *transport.Owner, socket *transport.Socket, name string, length int, note string) {
	s.call(side, fmt.Sprintf("Receive(%s, %d)", name, length), note, func() (outcome, error) {
		p, err := owner.TCP().Receive(socket, length, patience)
		return outcome(fmt.Sprintf("%q", p.Data)), err
	})
}

// reason is the outcome of a call that is to fail with want.
func reason(err, want error) (outcome, error) {
	if !errors.Is(err, want) {
		return "", fmt.Errorf("got %v, want %v", err, want)
	}
	return outcome(transport.Reason(err)), nil
}
