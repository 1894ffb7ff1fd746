package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-731cb71d/warren/netstack/ladder"
)

// Config says where a demo goes.
type Config struct {
	Out         io.Writer // the ladder
	Colour      bool      // for a terminal
	Capture     io.Writer // a pcapng capture of the link, or nil
	CaptureName string    // what to call it in the last line
}

// Run plays the whole demo. It ends early when ctx does.
func Run(ctx context.Context, cfg Config) error {
	sockets := watchKernelSockets()
	network, err := newNetwork(cfg.Capture)
	if err != nil {
		return err
	}
	s := &script{
		ctx:     ctx,
		start:   time.Now(),
		network: network,
		sockets: sockets,
		ladder: ladder.New(cfg.Out, ladder.Config{
			Left:   "client " + clientPrefix.Addr().String(),
			Right:  "server " + serverPrefix.Addr().String(),
			Colour: cfg.Colour,
		}),
	}
	s.ladder.Line("Two hosts, each a TCP/IP stack inside this process, joined by a link in memory.")
	s.ladder.Line("Calls stand on the side that makes them, packets are arrows between the sides.")
	s.play()
	err = errors.Join(s.err, s.network.close())
	s.sockets.look()
	if err != nil {
		return err
	}
	v := &virtual{ctx: ctx, ladder: ladder.New(cfg.Out, ladder.Config{
		Left:    "client " + clientPrefix.Addr().String(),
		Right:   "server " + serverPrefix.Addr().String(),
		Colour:  cfg.Colour,
		Seconds: true,
	})}
	v.play()
	s.sockets.look()
	if v.err != nil {
		return v.err
	}
	if err := v.ladder.Err(); err != nil {
		return err
	}
	s.summary(cfg)
	return s.ladder.Err()
}

// summary draws what follows the ladder.
func (s *script) summary(cfg Config) {
	s.ladder.Line("")
	s.ladder.Line(fmt.Sprintf("packets on the link:   %d", s.packets))
	if cfg.Capture != nil {
		s.ladder.Line(fmt.Sprintf("capture:               %s (open it with Wireshark)", cfg.CaptureName))
	}
	s.ladder.Line(s.sockets.String())
}
