package bed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime/pprof"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/tun"
)

// The two ends of the TUN device.
var (
	tunKernel = netip.MustParsePrefix("10.99.0.1/24")
	tunStack  = netip.MustParsePrefix("10.99.0.2/24")
)

// stackKind is the worker's network that openStack makes.
const stackKind = "stack-on-tun"

// stackNetwork is a stack on a TUN device of its own.
type stackNetwork struct {
	*netstack.Stack
	profile *os.File
}

var (
	_ task.Network = (*stackNetwork)(nil)
	_ io.Closer    = (*stackNetwork)(nil)
)

// openStack opens the device and the stack that a Spec asks for, in the network
// namespace of this process.
func openStack(raw json.RawMessage) (task.Network, io.Closer, error) {
	var s Spec
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", stackKind, err)
	}
	if err := s.check(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", stackKind, err)
	}
	dev, err := tun.Open(tun.Config{Name: "warren0", MTU: s.MTU, Addresses: []netip.Prefix{tunKernel}, QueueMax: s.QueueMax, Offload: s.Offload})
	if err != nil {
		return nil, nil, err
	}
	dev.SetBusyPoll(s.BusyPoll)
	link, err := netstack.NewDeviceLink(dev, netstack.DeviceConfig{QueueMax: -1})
	if err != nil {
		return nil, nil, errors.Join(err, dev.Close())
	}
	stack, err := netstack.New(netstack.Config{
		Name:       s.Name,
		Interfaces: []netstack.Interface{{Name: dev.Name(), Link: link, Addresses: []netip.Prefix{tunStack}}},
		TCP:        s.tcp(),
	})
	if err != nil {
		return nil, nil, err // the device is closed with the link
	}
	n := &stackNetwork{Stack: stack}
	if err := n.startProfile(s.CPUProfile); err != nil {
		return nil, nil, errors.Join(err, stack.Close())
	}
	return n, n, nil
}

// tcp are the stack's settings. Ports and TIME-WAIT are as in the namespaces
// of the kernel.
func (s Spec) tcp() netstack.TCPConfig {
	return netstack.TCPConfig{
		EphemeralPorts:    netstack.PortRange{First: 1024, Last: 65535},
		TimeWaitReuse:     netstack.TimeWaitReuseAlways,
		SendBuffer:        netstack.BufferBytes{Max: s.SendBuffer},
		ReceiveBuffer:     netstack.BufferBytes{Max: s.ReceiveBuffer},
		CongestionControl: s.CongestionControl,
		Timestamps:        s.Timestamps,
		NoSACK:            s.NoSACK,
		NoRACK:            s.NoRACK,
	}
}

// startProfile writes a CPU profile to the file until Close.
func (n *stackNetwork) startProfile(file string) (err error) {
	if file == "" {
		return nil
	}
	if n.profile, err = os.Create(file); err != nil {
		return fmt.Errorf("cpuprofile: %w", err)
	}
	if err := pprof.StartCPUProfile(n.profile); err != nil {
		return errors.Join(fmt.Errorf("cpuprofile: %w", err), n.profile.Close())
	}
	return nil
}

// Close ends the stack, which closes its device.
func (n *stackNetwork) Close() error {
	err := n.Stack.Close()
	if n.profile != nil {
		pprof.StopCPUProfile()
		err = errors.Join(err, n.profile.Close())
	}
	return err
}

func init() { worker.Register(stackKind, openStack) }
