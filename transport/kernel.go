package transport

import "fmt"

// KernelConfig configures a Network of kernel sockets. The zero value is what
// Kernel uses.
type KernelConfig struct {
	// PortRange is the first and the last port that the kernel may choose
	// where a socket asks for port 0, both included, for the sockets of this
	// Network alone (IP_LOCAL_PORT_RANGE, Linux 6.3 and later). The zero
	// value leaves the choice to the system's own range, which must contain
	// PortRange for it to have an effect.
	PortRange [2]uint16
}

// Kernel returns a Network whose sockets are the operating system's own TCP
// sockets, on Linux, macOS and FreeBSD; elsewhere Listen and Dial answer
// errors.ErrUnsupported.
//
// Errors are the kernel's. On Linux Backlog+1 connections wait in a
// listener's queue, at most net.core.somaxconn+1; other systems count in
// their own way. Descriptors adopted through ListenSpec.FD and DialSpec.FD
// belong to the Network once the call has succeeded, and are made
// non-blocking.
//
// One goroutine of the Network watches all sockets that have a function
// registered with Notify. It starts with the first registration and ends with
// the last, at the latest when the last socket is closed.
func Kernel() Network {
	return newKernelNetwork(KernelConfig{})
}

// NewKernel is Kernel with a configuration. The error names the field.
func NewKernel(cfg KernelConfig) (Network, error) {
	first, last := cfg.PortRange[0], cfg.PortRange[1]
	if cfg.PortRange == [2]uint16{} {
		return newKernelNetwork(cfg), nil
	}
	if first == 0 || last < first {
		return nil, fmt.Errorf("transport: KernelConfig.PortRange %d to %d: want 1 <= first <= last", first, last)
	}
	if err := checkPortRange(cfg.PortRange); err != nil {
		return nil, fmt.Errorf("transport: KernelConfig.PortRange %d to %d: needs IP_LOCAL_PORT_RANGE of Linux 6.3: %w", first, last, err)
	}
	return newKernelNetwork(cfg), nil
}

// kernelNetwork is the Network of Kernel.
type kernelNetwork struct {
	cfg  KernelConfig
	poll kernelPoller
}

var _ Network = (*kernelNetwork)(nil)

func newKernelNetwork(cfg KernelConfig) *kernelNetwork { return &kernelNetwork{cfg: cfg} }

// Name returns "kernel".
func (n *kernelNetwork) Name() string { return "kernel" }
