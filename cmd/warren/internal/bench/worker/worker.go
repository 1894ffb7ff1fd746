package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// closeMax is how long a worker may take to end before it is killed.
const closeMax = 5 * time.Second

// Worker is another process that runs sides of tasks. Its methods are called by
// one goroutine at a time. A call whose ctx ends kills the process.
type Worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	encoder *json.Encoder
	answers chan answer   // closed when the process has nothing more to say
	done    chan struct{} // closed when the process has ended
	err     error         // of the process, once done is closed
	stderr  *Tail
}

// Command is the command that executes this program as a worker. The caller may
// add to its environment and attributes.
func Command() (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("worker: finding this program: %w", err)
	}
	return CommandOf(self), nil
}

// CommandOf is the command that executes another program as a worker.
func CommandOf(program string) *exec.Cmd {
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), askEnv+"=1")
	return cmd
}

// Start starts cmd, which is one of Command or of another program that calls
// RunIfAsked. The end of ctx kills it. What it writes to the standard error
// becomes part of errors, unless cmd has a place for it.
func Start(ctx context.Context, cmd *exec.Cmd) (*Worker, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("worker: %w", err), in.Close())
	}
	w := &Worker{cmd: cmd, in: in, encoder: json.NewEncoder(in), answers: make(chan answer), done: make(chan struct{}), stderr: new(Tail)}
	if cmd.Stderr == nil {
		cmd.Stderr = w.stderr
	}
	cmd.WaitDelay = closeMax
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("worker: starting %s: %w", cmd.Path, err)
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	go func() {
		defer close(w.done)
		defer stop()
		w.read(out)
		w.err = cmd.Wait()
	}()
	return w, nil
}

// read passes the answers on.
func (w *Worker) read(out io.Reader) {
	defer close(w.answers)
	for decoder := json.NewDecoder(out); ; {
		var a answer
		if err := decoder.Decode(&a); err != nil {
			return
		}
		w.answers <- a
	}
}

// call sends a request and waits for the answer.
func (w *Worker) call(ctx context.Context, r request) (answer, error) {
	if err := w.encoder.Encode(r); err != nil {
		return answer{}, w.gone(ctx)
	}
	select {
	case a, ok := <-w.answers:
		if !ok {
			return answer{}, w.gone(ctx)
		}
		if a.Error != "" {
			return a, errors.New(a.Error)
		}
		return a, nil
	case <-ctx.Done():
		w.kill()
		return answer{}, context.Cause(ctx)
	}
}

// gone is why the process does not answer.
func (w *Worker) gone(ctx context.Context) error {
	w.kill()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	err := fmt.Errorf("worker: the process has ended: %v", w.cmd.ProcessState)
	if said := w.stderr.Text(); said != "" {
		err = fmt.Errorf("%w, and said: %s", err, said)
	}
	return err
}

// kill ends the process and waits for that.
func (w *Worker) kill() {
	w.cmd.Process.Kill()
	w.drain()
}

// drain throws answers away until the process has ended.
func (w *Worker) drain() {
	for range w.answers {
	}
	<-w.done
}

// Open builds the worker's network, once, before everything else. spec is
// marshalled and given to the Opener of that kind; a json.RawMessage is given as
// it is.
func (w *Worker) Open(ctx context.Context, kind string, spec any) error {
	raw, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("worker: the spec of kind %q: %w", kind, err)
	}
	_, err = w.call(ctx, request{Do: doOpen, Kind: kind, Spec: raw})
	return err
}

// Serve starts the serving side and returns the address that it listens on.
// Finish or Abort must follow.
func (w *Worker) Serve(ctx context.Context, t task.Task) (address string, err error) {
	a, err := w.call(ctx, request{Do: doServe, Task: &t})
	return a.Address, err
}

// Drive runs the driving side.
func (w *Worker) Drive(ctx context.Context, t task.Task) (task.Result, error) {
	return w.result(ctx, request{Do: doDrive, Task: &t})
}

// Finish waits for the serving side to end after Drive has ended elsewhere.
func (w *Worker) Finish(ctx context.Context) (task.Result, error) {
	return w.result(ctx, request{Do: doFinish})
}

// Abort ends the serving side after Drive has failed elsewhere.
func (w *Worker) Abort(ctx context.Context) error {
	_, err := w.call(ctx, request{Do: doAbort})
	return err
}

// Run runs both sides in the worker, on its one network.
func (w *Worker) Run(ctx context.Context, t task.Task) (task.Result, error) {
	return w.result(ctx, request{Do: doRun, Task: &t})
}

func (w *Worker) result(ctx context.Context, r request) (task.Result, error) {
	a, err := w.call(ctx, r)
	if err != nil || a.Result == nil {
		return task.Result{}, err
	}
	return *a.Result, nil
}

// Close ends the process, gently at first, and waits for its end. Later calls
// return the same.
func (w *Worker) Close() error {
	w.in.Close()
	timer := time.AfterFunc(closeMax, func() { w.cmd.Process.Kill() })
	defer timer.Stop()
	w.drain()
	if w.err == nil || strings.Contains(w.err.Error(), "signal: killed") {
		return nil
	}
	return fmt.Errorf("worker: %w: %s", w.err, w.stderr.Text())
}
