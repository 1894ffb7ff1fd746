//go:build !android

package bed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

// stopWait is how long another program may take to end when it is asked to.
const stopWait = 3 * time.Second

// program is another program's process in a namespace.
type program struct {
	cmd   *exec.Cmd
	said  worker.Tail
	ended chan struct{} // closed when err is final
	err   error
}

// find finds a program that is not ours.
func find(name, debianPackage string) (path string, err error) {
	path, err = exec.LookPath(name)
	if err != nil {
		return "", &series.Unavailable{Reason: fmt.Sprintf("%s is not installed (apt-get install %s)", name, debianPackage)}
	}
	return path, nil
}

// child makes cmd's process one that dies with the namespace whose Do starts
// it, and that a Ctrl-C on the terminal does not reach: the bed ends it.
func child(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// startProgram starts a program in the namespace, with files from descriptor 3
// on.
func startProgram(n *namespace.Namespace, files []*os.File, path string, args ...string) (*program, error) {
	p := &program{cmd: child(exec.Command(path, args...)), ended: make(chan struct{})}
	p.cmd.ExtraFiles = files
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	if err := n.Do(p.cmd.Start); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// failure is why the program ended by itself, with its last words.
func (p *program) failure() error {
	err := p.err
	if err == nil {
		err = errors.New("ended")
	}
	return fmt.Errorf("%s: %w: %s", p.cmd.Path, err, p.said.Line())
}

// await waits until ready, asked again and again, is true.
func (p *program) await(ctx context.Context, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, awaitMax, fmt.Errorf("%s: not so after %v: %s", p.cmd.Path, awaitMax, what))
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-p.ended:
			return p.failure()
		case <-ctx.Done():
			return fmt.Errorf("%w (it said %q)", context.Cause(ctx), p.said.Line())
		}
	}
	return nil
}

// awaitMax is how long a program may take to be ready.
const awaitMax = 10 * time.Second

// charge adds the processor time that the program uses during run to the
// result: as much of it as falls to the measured time.
func (p *program) charge(run func() (task.Result, error)) (task.Result, error) {
	from, fromErr := p.processorSeconds()
	began := time.Now()
	r, err := run()
	elapsed := time.Since(began).Seconds()
	to, toErr := p.processorSeconds()
	if err == nil && fromErr == nil && toErr == nil && elapsed > 0 {
		r.CPUSeconds += (to - from) * min(1, r.Seconds/elapsed)
	}
	return r, err
}

// processorSeconds is what the process has used so far.
func (p *program) processorSeconds() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var nanoseconds int64
	if _, err := fmt.Sscan(string(text), &nanoseconds); err != nil {
		return 0, err
	}
	return float64(nanoseconds) / 1e9, nil
}

// stop ends the program and waits for that.
func (p *program) stop() {
	timer := time.NewTimer(stopWait)
	defer timer.Stop()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-timer.C:
		p.signal(syscall.SIGKILL)
		<-p.ended
	}
}

func (p *program) signal(s os.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.said.Write([]byte(err.Error()))
	}
}
