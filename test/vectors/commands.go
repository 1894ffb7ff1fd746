package vectors

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"syscall"

	"github.com/seed-731cb71d/warren/transport"
)

// command prepares a step: it resolves the names that the step refers to, on
// the controller, and returns what is to be done on the actor or peer.
type command func(r *runner, step *Step) (task, error)

// commands are the operations of the format; test/testdata/gen_tcp-vectors.md
// describes the arguments of each. It is filled by init, because join refers
// back to the commands of other steps.
var commands map[string]command

func init() {
	commands = map[string]command{
		"listen":              listen,
		"accept":              accept,
		"connect":             connect,
		"close":               closeSocket,
		"shutdown":            shutdown,
		"controlling_process": controllingProcess,
		"owner":               owner,

		"recv":             recv,
		"recv_until_error": recvUntilError,
		"send":             send,
		"send_until_error": sendUntilError,
		"message":          message,
		"no_message":       noMessage,
		"collect":          collect,
		"unrecv":           unrecv,

		"setopts":  setopts,
		"getopts":  getopts,
		"getstat":  getstat,
		"port":     port,
		"sockname": sockname,
		"peername": peername,

		"free_port":      freePort,
		"fill_sockets":   fillSockets,
		"release_socket": releaseSocket,

		"peer_connect":     peerConnect,
		"peer_send":        peerSend,
		"peer_send_chunks": peerSendChunks,
		"peer_recv":        peerRecv,
		"peer_drain":       peerDrain,
		"peer_close":       peerClose,
		"peer_reset":       peerReset,
		"peer_shutdown":    peerShutdown,

		"sleep": sleep,
		"kill":  end,
		"exit":  end,
		"join":  join,
		"poll":  poll,
	}
}

// succeeded is the outcome ok without a value.
func succeeded() answer { return answer{outcome: Outcome{"result": "ok"}} }

// refused is the outcome of a call that Go's types do not allow.
func refused() answer {
	return answer{outcome: Outcome{"result": "raise", "class": "error", "reason": "badarg"}}
}

// result is the outcome of a call that returns an error only.
func result(err error) answer {
	if err == nil {
		return succeeded()
	}
	return answer{outcome: Outcome{"result": "error", "reason": reason(err)}}
}

// opened is the outcome of a call that makes a socket.
func opened(s *transport.Socket, err error) answer {
	if err != nil {
		return result(err)
	}
	return answer{outcome: Outcome{"result": "ok"}, bound: s}
}

// data is the outcome of a call that returns data.
func data(p transport.Payload, err error) answer {
	if err != nil {
		return result(err)
	}
	return answer{outcome: Outcome{"result": "ok", "data": received(p)}}
}

// address is the outcome of a call that returns an address.
func address(a netip.AddrPort, err error) answer {
	if err != nil {
		return result(err)
	}
	return answer{outcome: Outcome{"result": "ok", "ip": a.Addr(), "port": a.Port()}}
}

// reason is gen_tcp's word for err. An error that has none is quoted, so
// that the comparison shows it.
func reason(err error) string {
	if word := transport.Reason(err); word != "" {
		return word
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "timeout"
	case errors.Is(err, io.EOF):
		return "closed"
	}
	return "no word for: " + err.Error()
}

// sleep lets time pass for everybody.
func sleep(r *runner, step *Step) (task, error) {
	return task{do: func() answer {
		r.clock.Sleep(step.Args.limit("ms", 0))
		return answer{}
	}}, nil
}

// end ends an actor. It need not be idle: a pending call of it returns.
func end(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	return task{do: func() answer {
		a.owner.Exit()
		return answer{}
	}}, nil
}
