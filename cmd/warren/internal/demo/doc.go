// Package demo is warren demo: two stacks in one process, joined by an
// in-memory link, and the whole life of a socket drawn as a ladder; then what
// runs out, in the virtual time of a simulated world.
//
//	err := demo.Run(ctx, demo.Config{Out: os.Stdout})
//
// The script makes one call at a time and lets the network come to rest after
// each, so that the rows always stand in the same order.
package demo
