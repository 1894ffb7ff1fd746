package vectors

import (
	"errors"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// The pauses and limits of operations whose arguments leave them out.
const (
	messageTimeout = time.Second
	collectTimeout = 2 * time.Second
	sendPause      = 10 * time.Millisecond
	untilErrorStep = 5 * time.Second
)

// recv: socket, length, timeout.
func recv(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	length, timeout := step.Args.integer("length", 0), step.Args.timeout("timeout")
	return task{on: a.worker, do: func() answer {
		return data(a.tcp.Receive(s, length, timeout))
	}}, err
}

// recvUntilError: socket. All data, and the error that ended it.
func recvUntilError(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	return task{on: a.worker, do: func() answer {
		all := &delivery{as: "binary"}
		for {
			p, err := a.tcp.Receive(s, 0, untilErrorStep)
			if err != nil {
				return answer{outcome: Outcome{"result": "ok", "data": all, "ended_by": reason(err)}}
			}
			piece := received(p)
			all.as, all.data = piece.as, append(all.data, piece.data...)
		}
	}}, err
}

// send: socket, data.
func send(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	if err != nil {
		return task{}, err
	}
	payload, err := iodata(step.Args["data"])
	return task{on: a.worker, do: func() answer {
		return result(a.tcp.Send(s, payload))
	}}, err
}

// sendUntilError: socket, data, max, pause. The reason, and how many sends
// went well before.
func sendUntilError(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	if err != nil {
		return task{}, err
	}
	payload, err := iodata(step.Args["data"])
	sendsMax := step.Args.integer("max", 100)
	pause := step.Args.limit("pause", sendPause)
	return task{on: a.worker, do: func() answer {
		for i := range sendsMax {
			if err := a.tcp.Send(s, payload); err != nil {
				return answer{outcome: Outcome{
					"result": "error", "reason": reason(err), "after_sends": int64(i),
				}}
			}
			r.clock.Sleep(pause)
		}
		return succeeded()
	}}, err
}

// message: timeout. The next message of the actor.
func message(r *runner, step *Step) (task, error) {
	timeout := step.Args.limit("timeout", messageTimeout)
	return r.nextMessage(step, r.patience(timeout, step.want["result"] == "message"))
}

// noMessage: for. That no message comes.
func noMessage(r *runner, step *Step) (task, error) {
	return r.nextMessage(step, step.Args.limit("for", messageTimeout))
}

func (r *runner) nextMessage(step *Step, timeout time.Duration) (task, error) {
	a := r.actor(step.Actor)
	return task{on: a.worker, do: func() answer {
		m, err := a.owner.Receive(timeout)
		if errors.Is(err, transport.ErrTimeout) {
			return answer{outcome: Outcome{"result": "none"}}
		}
		if err != nil {
			return result(err)
		}
		return answer{outcome: Outcome{"result": "message", "message": m}}
	}}, nil
}

// collect: socket, bytes, timeout. The data of the socket's messages until
// there are that many bytes; another message or silence ends it incomplete.
func collect(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	wanted := step.Args.integer("bytes", 0)
	timeout := r.patience(step.Args.limit("timeout", collectTimeout), step.want["complete"] == true)
	return task{on: a.worker, do: func() answer {
		all := &delivery{as: "binary"}
		for len(all.data) < wanted {
			m, err := a.owner.ReceiveFrom(s, timeout)
			if err != nil {
				break
			}
			d, ok := m.(transport.Data)
			if !ok {
				break
			}
			piece := received(d.Payload)
			all.as, all.data = piece.as, append(all.data, piece.data...)
		}
		return answer{outcome: Outcome{
			"result": "ok", "data": all, "complete": len(all.data) >= wanted,
		}}
	}}, err
}

// unrecv exists in the Erlang runtime only; the contract has nothing of the
// kind, so its scenario is a listed one.
func unrecv(*runner, *Step) (task, error) {
	return task{do: refused}, nil
}
