// Package shrink reduces the faults of a failing run to the few that matter.
//
// A Recorder stands around what judges the packets of a run, and writes down
// each thing that went wrong as an Event: a fault that does this once again
// and nothing else. A Replayer judges by a list of events alone. Minimize
// looks for a short list with which the run still fails, by delta debugging
// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
// Input", 2002).
//
//	recorder := shrink.NewRecorder(world.Faults())
//	... // a run that fails
//	events, err := recorder.Events()
//	result, err := shrink.Minimize(events, func(some []shrink.Event) (bool, error) {
//		replayer, err := shrink.NewReplayer(seed, some)
//		... // the same run, judged by replayer
//	}, shrink.Budget{Runs: 1000})
//
// When an event is left out, a flow goes on differently, and the number that
// a packet has in it is no longer the number that it had. Events are therefore
// looked for by what their packets are (see Event.Like): the segment at byte
// 1461 of the second connection, when it is sent for the second time. They may
// still meet nothing. That is no mistake: a list counts if the run fails with
// it, whatever it meets, and what meets nothing is left out in the end. The
// search cuts from the end first, since what comes before a cut is not
// changed by it. A result is written with the numbers that packets have in the
// reduced run, as Replayer.Met lists them, and needs no likeness any more.
//
// # Goroutines and locks
//
// There are none. A Recorder and a Replayer belong to the goroutine that
// moves the world.
package shrink
