// Package namespace makes unnamed network namespaces for measurements, so that
// devices, addresses and settings appear nowhere else and vanish by themselves.
//
//	a, err := namespace.New("a")
//	if err != nil {
//		return err // says which right is missing and how to give it
//	}
//	defer a.Close()
//	err = a.Do(func() error { return worker.Start() }) // a child born in there
//
// A namespace belongs to threads. Each Namespace has a thread of its own that
// ends with Close, and the kernel removes a namespace with its last thread,
// process and descriptor. So nothing is left behind, however the process ends:
// not after a panic and not after a SIGKILL, if the children are started with
// Pdeathsig.
//
// An ordinary user may make network namespaces only in a user namespace, which
// a Go program cannot enter once it runs. Enter therefore executes the whole
// command again, in a user namespace where the user is root.
//
// # Goroutines and locks
//
// New starts one goroutine, locked to its thread. Close ends it and waits for
// it; the thread ends a moment later. Do runs one function at a time.
//
// # Not supported
//
// Systems other than Linux: New and Enter answer errors.ErrUnsupported.
package namespace
