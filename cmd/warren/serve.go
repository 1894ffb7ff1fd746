package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/control"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/overtime"
)

// controlOff is the value of --control that switches the socket off.
const controlOff = "off"

// serving is a command line of warren serve.
type serving struct {
	network networkFlags
	listens []string
	control string
	asJSON  bool
}

// newServe returns the command warren serve.
func newServe() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve HTTP or echo from the stack",
		Long: `Serves to the operating system and whoever it routes for, without a kernel
socket for the service. warren stat shows the sockets and counters of a running
serve.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage(c, errors.New("choose what to serve: echo, or http DIR"))
		},
	}
	c.AddCommand(newServeHTTP(), newServeEcho())
	return c
}

// add defines the flags on c; port is where the service is by default.
func (s *serving) add(c *cobra.Command, port string) {
	s.network.add(c)
	s.network.addDrain(c)
	c.Flags().StringArrayVar(&s.listens, "listen", []string{port}, "`[ADDR:]PORT` to listen on; may be repeated")
	c.Flags().StringVar(&s.control, "control", "", "`path` of the control socket for warren stat, or off (default DEVICE.sock in $XDG_RUNTIME_DIR/warren, or in /run/warren for root)")
	c.Flags().BoolVar(&s.asJSON, "json", false, "write one JSON object a line for each event")
}

// run serves until Ctrl-C or until the device is gone.
func (s *serving) run(c *cobra.Command, svc service) (err error) {
	defer func() { err = errors.Join(err, svc.close()) }()
	locals, err := s.locals()
	if err != nil {
		return usage(c, err)
	}
	network, err := s.network.open()
	if err != nil {
		return err
	}
	defer network.Close()
	bound, err := s.listen(c.Context(), network, svc, locals)
	if err != nil {
		return err
	}
	started := time.Now()
	path, err := s.controlPath(network.Device)
	if err != nil {
		return environmentError{err}
	}
	if path != "" {
		server, err := control.Serve(path, func() control.Report { return s.report(c, network, svc, started) })
		if err != nil {
			return environmentError{err}
		}
		defer server.Close()
	}
	if err := s.tell(c, s.ready(c, network, bound, path)); err != nil {
		return err
	}
	return s.serve(c, network, svc)
}

// serve runs the service and then the drain.
func (s *serving) serve(c *cobra.Command, network *attach.Network, svc service) error {
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	late, end := overtime.Context(ctx, s.network.drain)
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- svc.run(ctx, late) }()
	var err error
	select {
	case err = <-ended: // by itself, so it has failed
	case <-network.Stack.Done():
		cancel()
		<-ended
	case <-ctx.Done():
		s.tell(c, event{Event: "draining", text: fmt.Sprintf("draining for at most %v; Ctrl-C again quits at once", s.network.drain)})
		err = <-ended
	}
	if cause := network.Stack.Err(); cause != nil {
		return cause
	}
	cancel()
	if err == nil && network.Drain(late) != nil {
		err = errCut
	}
	switch {
	case errors.Is(err, errCut) && s.network.drain == 0:
		return nil // to quit at once was asked for
	case errors.Is(err, errCut):
		return fmt.Errorf("%w (--drain %v)", err, s.network.drain)
	}
	return err
}

// locals parses --listen.
func (s *serving) locals() ([]netip.AddrPort, error) {
	var locals []netip.AddrPort
	for _, text := range s.listens {
		local, err := parseListen("--listen", text, s.network.config)
		if err != nil {
			return nil, err
		}
		locals = append(locals, local)
	}
	return locals, nil
}

// listen opens a listener for each address.
func (s *serving) listen(ctx context.Context, network *attach.Network, svc service, locals []netip.AddrPort) ([]netip.AddrPort, error) {
	var bound []netip.AddrPort
	for i, local := range locals {
		at, err := svc.listen(ctx, network, local)
		if err != nil {
			return nil, explainListen(s.listens[i], err)
		}
		bound = append(bound, at)
	}
	return bound, nil
}

// controlPath is where the control socket is to be, "" for nowhere.
func (s *serving) controlPath(device string) (string, error) {
	switch s.control {
	case controlOff:
		return "", nil
	case "":
		return control.DefaultPath(device)
	}
	return s.control, nil
}

// offloadText says whether the kernel segments for the stack.
func offloadText(plain error) string {
	if plain == nil {
		return "on"
	}
	return "off: " + plain.Error()
}

func (s *serving) report(c *cobra.Command, network *attach.Network, svc service, started time.Time) control.Report {
	return control.Report{
		Command:   strings.TrimPrefix(c.CommandPath(), "warren "),
		PID:       os.Getpid(),
		Started:   started,
		Device:    network.Device,
		MTU:       network.MTU,
		Offload:   offloadText(network.Offload),
		Addresses: s.network.config.Addresses,
		Service:   svc.info(),
		Sockets:   control.Sockets(network.Stack),
		Stats:     network.Stack.Stats(),
	}
}

// event is a line on the standard output.
type event struct {
	Event     string           `json:"event"` // "ready" or "draining"
	Command   string           `json:"command,omitempty"`
	Addresses []netip.AddrPort `json:"addresses,omitempty"`
	Device    string           `json:"device,omitempty"`
	MTU       int              `json:"mtu,omitempty"`
	Host      []netip.Prefix   `json:"host_addresses,omitempty"`
	Commands  []string         `json:"commands,omitempty"` // for the administrator to run
	Control   string           `json:"control,omitempty"`

	text string // for a person
}

// ready says where the service can be reached.
func (s *serving) ready(c *cobra.Command, network *attach.Network, bound []netip.AddrPort, path string) event {
	e := event{
		Event:   "ready",
		Command: strings.TrimPrefix(c.CommandPath(), "warren "),
		Device:  network.Device,
		MTU:     network.MTU,
		Host:    network.Host,
		Control: path,

		Commands: network.Commands,
	}
	for _, b := range bound {
		e.Addresses = append(e.Addresses, s.network.reachable(b)...)
	}
	e.text = fmt.Sprintf("%s on %s, %s", e.Command, join(e.Addresses), ends(network))
	if path != "" {
		e.text += "\nsockets and counters: warren stat " + path
	}
	return e
}

// tell writes an event.
func (s *serving) tell(c *cobra.Command, e event) error {
	if s.asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(e)
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), e.text)
	return err
}
