package sim

// Requests are served by a goroutine that no bubble contains, because it was
// started with the package: stacks have to be made there. gVisor's parked
// processors do not count as idle in a bubble, so one that was made inside
// would stop the bubble's time.
var outsideRequests, outsideDone = serveOutside()

func serveOutside() (chan func(), chan struct{}) {
	requests, done := make(chan func()), make(chan struct{})
	go func() {
		for f := range requests {
			f()
			done <- struct{}{}
		}
	}()
	return requests, done
}

// outside runs f outside of the caller's bubble and returns when it is done.
func outside(f func()) {
	outsideRequests <- f
	<-outsideDone
}
