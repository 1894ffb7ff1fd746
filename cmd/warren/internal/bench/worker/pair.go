package worker

import (
	"context"
	"errors"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// Pair runs a task with the serving side in one worker and the driving side in
// another. t.Address is where the serving one listens; the driving one dials the
// address that came of it, or t.Hosts.
func Pair(ctx context.Context, serving, driving *Worker, t task.Task) (task.Result, error) {
	address, err := serving.Serve(ctx, t)
	if err != nil {
		return task.Result{}, err
	}
	driven, err := driving.Drive(ctx, t.At(address))
	if err != nil {
		return task.Result{}, errors.Join(err, serving.Abort(ctx))
	}
	served, err := serving.Finish(ctx)
	if err != nil {
		return task.Result{}, err
	}
	return task.Merge(t, driven, served), nil
}
