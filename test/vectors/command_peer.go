package vectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// Limits of peer operations whose arguments leave them out.
const (
	peerConnectTimeout = 5 * time.Second
	peerSendTimeout    = 20 * time.Second
	peerReadTimeout    = 3 * time.Second
)

// peerConnect: to or port, ip, recbuf, timeout.
func peerConnect(r *runner, step *Step) (task, error) {
	p := r.peer(step.Peer)
	remote, fits, err := r.target(step)
	if err == nil && !fits {
		err = fmt.Errorf("argument port: out of range")
	}
	timeout := r.patience(step.Args.limit("timeout", peerConnectTimeout), step.want["result"] == "ok")
	recvBuffer := step.Args.integer("recbuf", 0)
	return task{on: p.worker, do: func() answer {
		ctx, cancel := context.WithCancelCause(context.Background())
		stop := r.clock.AfterFunc(timeout, func() { cancel(os.ErrDeadlineExceeded) })
		defer cancel(nil)
		defer stop()
		conn, err := r.world.DialPeer(ctx, remote, recvBuffer)
		if err != nil && context.Cause(ctx) != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return result(err)
		}
		return answer{outcome: Outcome{"result": "ok"}, bound: conn}
	}}, err
}

// peerCommand prepares an operation on a connected peer.
func (r *runner) peerCommand(step *Step, do func(Peer) answer) (task, error) {
	p := r.peer(step.Peer)
	if p.conn == nil {
		return task{}, fmt.Errorf("the peer %q is not connected", step.Peer)
	}
	conn := p.conn
	return task{on: p.worker, do: func() answer { return do(conn) }}, nil
}

// peerSend: data.
func peerSend(r *runner, step *Step) (task, error) {
	p, err := payload(step.Args["data"])
	if err != nil {
		return task{}, err
	}
	return r.peerCommand(step, func(conn Peer) answer {
		return result(write(r.clock, conn, p))
	})
}

// peerSendChunks: chunks, gap.
func peerSendChunks(r *runner, step *Step) (task, error) {
	list, err := step.Args.list("chunks")
	if err != nil {
		return task{}, err
	}
	chunks := make([][]byte, 0, len(list))
	for _, v := range list {
		chunk, err := payload(v)
		if err != nil {
			return task{}, err
		}
		chunks = append(chunks, chunk)
	}
	gap := step.Args.limit("gap", 0)
	return r.peerCommand(step, func(conn Peer) answer {
		for _, chunk := range chunks {
			if err := write(r.clock, conn, chunk); err != nil {
				return result(err)
			}
			r.clock.Sleep(gap)
		}
		return succeeded()
	})
}

func write(clock Clock, conn Peer, p []byte) error {
	if err := conn.SetWriteDeadline(clock.Now().Add(peerSendTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(p)
	return err
}

// peerRecv: length, timeout. Exactly length bytes.
func peerRecv(r *runner, step *Step) (task, error) {
	length := step.Args.integer("length", 0)
	if length < 0 || length > payloadMax {
		return task{}, fmt.Errorf("argument length: %d is out of range", length)
	}
	happens := step.want["result"] == "ok"
	timeout := r.patience(step.Args.limit("timeout", peerReadTimeout), happens)
	return r.peerCommand(step, func(conn Peer) answer {
		p := make([]byte, length)
		for n := 0; n < length; {
			if n == 0 || happens && r.clock.Slack() > 0 {
				// On a busy machine, as long as something comes.
				if err := conn.SetReadDeadline(r.clock.Now().Add(timeout)); err != nil {
					return result(err)
				}
			}
			m, err := conn.Read(p[n:])
			if n += m; err != nil && n < length {
				out := result(err)
				out.outcome["after"] = int64(n)
				return out
			}
		}
		return answer{outcome: Outcome{"result": "ok", "data": &delivery{as: "binary", data: p}}}
	})
}

// peerDrain: timeout. All data until FIN, reset or silence.
func peerDrain(r *runner, step *Step) (task, error) {
	silence := r.patience(step.Args.limit("timeout", peerReadTimeout), step.want["ended_by"] != "timeout")
	return r.peerCommand(step, func(conn Peer) answer {
		all := &delivery{as: "binary"}
		chunk := make([]byte, 64<<10)
		for {
			if err := conn.SetReadDeadline(r.clock.Now().Add(silence)); err != nil {
				return result(err)
			}
			n, err := conn.Read(chunk)
			all.data = append(all.data, chunk[:n]...)
			if err != nil {
				return answer{outcome: Outcome{"result": "ok", "data": all, "ended_by": ending(err)}}
			}
		}
	})
}

// ending says how a stream ended.
func ending(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return "fin"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	}
	return reason(err)
}

// peerClose closes the peer's connection.
func peerClose(r *runner, step *Step) (task, error) {
	return r.peerCommand(step, func(conn Peer) answer { return result(conn.Close()) })
}

// peerReset closes the peer's connection with a reset.
func peerReset(r *runner, step *Step) (task, error) {
	return r.peerCommand(step, func(conn Peer) answer { return result(conn.Abort()) })
}

// peerShutdown: how, by default write.
func peerShutdown(r *runner, step *Step) (task, error) {
	how := step.Args.text("how")
	return r.peerCommand(step, func(conn Peer) answer {
		switch how {
		case "", "write":
			return result(conn.CloseWrite())
		case "read":
			return result(conn.CloseRead())
		}
		return result(errors.Join(conn.CloseWrite(), conn.CloseRead()))
	})
}
