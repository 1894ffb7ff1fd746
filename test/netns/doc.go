// Package netns runs a test in a network namespace of its own, so that it can
// open TUN devices, set addresses and change the kernel's network settings
// without being noticed by the machine.
//
//	func TestPing(t *testing.T) {
//		netns.Run(t, func(t *testing.T) {
//			// Only "lo" exists here; it is up and this process is its root.
//			dev, err := tun.Open(tun.Config{Name: "w0"})
//			...
//		})
//	}
//
// A namespace belongs to a thread and a Go program moves between threads, so
// Run executes the test binary again, for this one test, in a process whose
// every thread starts in the new namespace. The body runs there and nowhere
// else. All flags are passed on, the child's output becomes the test's output,
// and its verdict (pass, fail, skip) becomes the test's verdict.
//
// Flags that name a file which both processes would write are the exception:
// profiles and traces show the parent only. Coverage of the child is kept by
// go test -cover -args -test.gocoverdir=DIR, and not in a -coverprofile.
//
// # Goroutines and locks
//
// Run blocks until the child has ended. The goroutine that os/exec starts to
// copy the child's output ends before Run returns. The child is killed when
// the parent dies, and ends itself shortly before the parent's -timeout.
//
// # Not supported
//
// Systems other than Linux: the test is skipped with that sentence. Without
// root, a user namespace is tried; where that is forbidden too the test is
// skipped with a sentence that says what is needed. Processes that the body
// leaves running are not ended.
package netns
