// Package task holds the workloads that warren bench measures: byte streams,
// round trips, short connections and idle ones, over any network that dials and
// listens as package net does. Each has a serving side and a driving side, which
// run in one process or in two.
//
//	serving, err := task.Serve(ctx, task.Kernel{}, t)
//	if err != nil {
//		return err
//	}
//	driven, err := task.Drive(ctx, task.Kernel{}, t.At(serving.Addr().String()))
//	served, err2 := serving.Finish(ctx)
//	result := task.Merge(t, driven, served)
//
// # Goroutines and locks
//
// Serve starts the goroutines of the serving side; Finish ends them and waits
// for them. Drive starts its own and has ended them when it returns. Both end
// early, with an error, when ctx does. No lock is held while a goroutine waits
// for a peer.
//
// # Not supported
//
// Datagrams, and sides that are started in the other order: a driving side
// dials at once.
package task
