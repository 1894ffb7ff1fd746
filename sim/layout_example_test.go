package sim_test

import (
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// A client reaches a server by way of two routers; between them is a slow
// stretch.
func ExampleWorld_Line() {
	w := sim.Must(sim.New(sim.Config{Path: sim.PathConfig{Delay: time.Millisecond}}))
	defer w.Close()
	cli, srv := w.Line("cli", "r1", "r2", "srv")
	w.Link(w.Router("r1"), w.Router("r2"), sim.PathConfig{Delay: 50 * time.Millisecond})

	sim.Must(srv.Listen("tcp", ":80"))
	sim.Must(cli.Dial("tcp", "srv:80"))
	fmt.Println(cli.Addr(), "reached", srv.Addr(), "in", w.Now())
	// Output: 10.1.0.2 reached 10.1.2.2 in 104ms
}

// Three hosts around a hub, of which one crashes and comes back.
func ExampleWorld_Star() {
	w := sim.Must(sim.New(sim.Config{Path: sim.PathConfig{Delay: time.Millisecond}}))
	defer w.Close()
	hosts := w.Star("hub", "a", "b", "c")
	a, c := hosts[0], hosts[2]
	crash := w.Fault(fault.Crash{Host: "c", At: time.Second, Restart: 5 * time.Second})

	w.RunFor(2 * time.Second)
	_, err := a.DialTimeout("tcp", "c:80", 3*time.Second)
	fmt.Println(w.Now(), err)
	w.RunFor(2 * time.Second)
	_, err = a.Dial("tcp", "c:80") // up again, without a listener
	fmt.Println(w.Now(), err)
	fmt.Println(crash, "hits:", crash.Hits(), "starts:", c.Boots())
	// Output:
	// 5s dial tcp 10.1.2.2:80: i/o timeout
	// 7.004s dial tcp 10.1.2.2:80: connect: connection refused
	// crash host=c at=1s restart=5s hits: 1 starts: 2
}
