//go:build !android

package bed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// gateway is a program that gives a namespace without devices a way out, as
// sandboxes use it.
type gateway struct {
	name          string
	program       string // in PATH
	debianPackage string

	// server is what the sandbox dials to reach the gateway's own 127.0.0.1.
	server string

	// splices says that the program listens in the sandbox itself.
	splices bool

	// arguments name the sandbox by sandboxPath.
	arguments []string
}

// sandboxPath is where a gateway finds the sandbox's namespace: among its own
// descriptors. pasta has given away the right to look into other processes
// before it opens it.
const sandboxPath = "/proc/self/fd/3"

// sandboxDevice is the one that a gateway makes in the sandbox.
const sandboxDevice = "tap0"

// serverPort is where the server of a gateway's bed listens; pasta must be
// told it.
const serverPort = 7000

// The outer namespace's network, which pasta copies into the sandbox.
var (
	outerAddress = netip.MustParsePrefix("10.97.0.2/24")
	outerPeer    = netip.MustParsePrefix("10.96.0.1/32")
	outerRouter  = netip.MustParseAddr("10.97.0.1")
)

// slirp4netnsServer is the address that slirp4netns maps to 127.0.0.1.
const slirp4netnsServer = "10.0.2.2"

// gateways are the peers that are measured.
func gateways() []gateway {
	var all []gateway
	for _, mtu := range []string{"1500", "65520"} {
		all = append(all, gateway{
			name: "slirp4netns-" + mtu, program: "slirp4netns", debianPackage: "slirp4netns",
			server:    slirp4netnsServer,
			arguments: []string{"--configure", "--mtu=" + mtu, "--netns-type=path", sandboxPath, sandboxDevice},
		})
	}
	for _, mtu := range []string{"1500", "65520"} {
		all = append(all, gateway{
			name: "pasta-" + mtu, program: "pasta", debianPackage: "passt",
			server:    outerRouter.String(),
			arguments: pasta(mtu, "none"),
		})
	}
	return append(all, gateway{
		name: "pasta-splice", program: "pasta", debianPackage: "passt",
		server: "127.0.0.1", splices: true,
		arguments: pasta("65520", strconv.Itoa(serverPort)),
	})
}

// pasta is its command line. ports are those of the sandbox's 127.0.0.1 that it
// splices to its own, without TCP of its own between.
func pasta(mtu, ports string) []string {
	return []string{"-f", "-e", "-q", "--config-net", "-I", sandboxDevice, "-m", mtu,
		"-t", "none", "-u", "none", "-T", ports, "-U", "none", "--runas", "0", "--netns-only", "--netns", sandboxPath}
}

// makeOuter gives the gateway's side a device with a default route: pasta
// copies its address and has the router's stand for 127.0.0.1. No packet leaves
// through it.
func makeOuter(n *namespace.Namespace) error {
	return n.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "out0"
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "out1"}); err != nil {
			return fmt.Errorf("making a veth pair: %w: it needs the kernel's module veth", err)
		}
		if err := setUp("out0", outerAddress); err != nil {
			return err
		}
		if err := setUp("out1", outerPeer); err != nil {
			return err
		}
		link, err := netlink.LinkByName("out0")
		if err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: outerRouter.AsSlice()})
	})
}

// open makes the gateway's network: an outer namespace with the server, and a
// sandbox with the client that dials it.
func (g gateway) open(context.Context) (series.Bed, error) {
	if _, err := find(g.program, g.debianPackage); err != nil {
		return nil, err
	}
	outer, err := newHost("outer")
	if err != nil {
		return nil, err
	}
	sandbox, err := newHost("sandbox")
	if err != nil {
		return nil, errors.Join(err, outer.Close())
	}
	if err := makeOuter(outer); err != nil {
		return nil, errors.Join(err, closeHosts(outer, sandbox))
	}
	server := kernelSide(outer, "127.0.0.1", Options{})
	server.address = "127.0.0.1:" + strconv.Itoa(serverPort)
	return &pairBed{
		hosts:   []*namespace.Namespace{outer, sandbox},
		driving: kernelSide(sandbox, "", Options{}),
		serving: server,
		dial:    g.server,
		between: func(ctx context.Context) (*program, error) { return g.start(ctx, outer, sandbox) },
	}, nil
}

// start starts the gateway between the namespaces and waits until the sandbox
// has its network.
func (g gateway) start(ctx context.Context, outer, sandbox *namespace.Namespace) (*program, error) {
	path, err := find(g.program, g.debianPackage)
	if err != nil {
		return nil, err
	}
	p, err := startProgram(outer, []*os.File{sandbox.File()}, path, g.arguments...)
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, "the sandbox has its network", func() bool { return g.isReady(sandbox) }); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// isReady reports whether the gateway's work is visible in the sandbox.
func (g gateway) isReady(sandbox *namespace.Namespace) bool {
	if !hasAddress(sandbox, sandboxDevice) {
		return false
	}
	if !g.splices {
		return true
	}
	found, err := isListening(sandbox, serverPort)
	return err == nil && found
}

// hasAddress reports whether a device of the namespace is up and has an IPv4
// address and a route.
func hasAddress(n *namespace.Namespace, device string) bool {
	ready := false
	err := n.Do(func() error {
		link, err := netlink.LinkByName(device)
		if err != nil || link.Attrs().Flags&net.FlagUp == 0 {
			return err
		}
		addresses, err := netlink.AddrList(link, unix.AF_INET)
		if err != nil {
			return err
		}
		routes, err := netlink.RouteList(link, unix.AF_INET)
		ready = len(addresses) > 0 && len(routes) > 0
		return err
	})
	return err == nil && ready
}
