package vectors

import "fmt"

// handleOf returns the operation that the argument of names.
func (r *runner) handleOf(step *Step) (*handle, error) {
	name := step.Args.text("of")
	h := r.handles[name]
	if h == nil {
		return nil, fmt.Errorf("argument of: no operation has the handle %q", name)
	}
	return h, nil
}

// join waits for an operation that was started before.
func join(r *runner, step *Step) (task, error) {
	h, err := r.handleOf(step)
	return task{handle: h}, err
}

// poll says whether an operation is done. Where done is expected it gives a
// busy machine the clock's slack to get there; a pending one is asked at once,
// in virtual time when all that can happen has happened.
func poll(r *runner, step *Step) (task, error) {
	h, err := r.handleOf(step)
	if err != nil {
		return task{}, err
	}
	return task{do: func() answer {
		if r.clock.Slack() == 0 {
			r.world.Settle()
		} else if step.want["result"] == "done" {
			late := make(chan struct{})
			stop := r.clock.AfterFunc(r.clock.Slack(), func() { close(late) })
			defer stop()
			select {
			case <-h.done:
			case <-late:
			}
		}
		if h.isDone() {
			return answer{outcome: Outcome{"result": "done"}}
		}
		return answer{outcome: Outcome{"result": "pending"}}
	}}, nil
}
