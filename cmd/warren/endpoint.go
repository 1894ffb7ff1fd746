package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
	"github.com/seed-731cb71d/warren/netstack"
)

// parsePort reads a port; least is 0 where the stack may choose.
func parsePort(name, text string, least int) (uint16, error) {
	port, err := strconv.Atoi(text)
	if err != nil || port < least || port > 65535 {
		return 0, fmt.Errorf("%s %q: must be a number from %d to 65535", name, text, least)
	}
	return uint16(port), nil
}

// parseListen reads [ADDR:]PORT. Without an address it is every address of the
// stack; else it must be one of the config's.
func parseListen(name, text string, config attach.Config) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPort{}, fmt.Errorf("%s %q: has no port: write %s", name, text, netip.AddrPortFrom(a, 80))
	}
	host, port, found := cutPort(text)
	n, err := parsePort(name, port, 0)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%w, alone or after an address: 80, 10.7.0.2:80, [fd07::2]:80", err)
	}
	if !found || host == "" {
		return netip.AddrPortFrom(netip.Addr{}, n), nil
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s %q: %q is no IP address: leave it out for every address of the stack, or give one of --addr", name, text, host)
	}
	own := func(p netip.Prefix) bool { return p.Addr() == a }
	if !a.IsUnspecified() && !slices.ContainsFunc(config.Addresses, own) {
		return netip.AddrPort{}, fmt.Errorf("%s %q: %v is no address of the stack: give one of --addr, or leave it out for all of them", name, text, a)
	}
	return netip.AddrPortFrom(a, n), nil
}

// parseRemote reads HOST PORT or ADDR:PORT into what a dial takes.
func parseRemote(args []string) (string, error) {
	var host, port string
	if len(args) == 2 {
		host, port = args[0], args[1]
	} else {
		var found bool
		if host, port, found = cutPort(args[0]); !found {
			return "", fmt.Errorf("ADDR:PORT %q: has no port: write HOST PORT, 10.7.0.1:80 or [fd07::1]:80", args[0])
		}
	}
	if host == "" {
		return "", fmt.Errorf("HOST: is empty: give the address or the name of a host")
	}
	if err := checkHost(host); err != nil {
		return "", err
	}
	n, err := parsePort("PORT", port, 1)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(int(n))), nil
}

// checkHost refuses addresses to which there is no connection.
func checkHost(host string) error {
	a, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return nil // a name
	case a.Zone() != "":
		return fmt.Errorf("HOST %q: zones are not supported: leave out %%%s", host, a.Zone())
	case a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("HOST %q: is a group of hosts: give the address of one", host)
	}
	return nil
}

// cutPort splits at the last colon, outside the brackets of an IPv6 address.
func cutPort(text string) (host, port string, found bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.HasSuffix(text, "]") {
		return "", text, false
	}
	host = text[:i]
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	return host, text[i+1:], true
}

// listenTCP opens a listener for a service. The error is the stack's.
func listenTCP(ctx context.Context, stack *netstack.Stack, local netip.AddrPort) (*netstack.Listener, error) {
	return stack.ListenTCP(ctx, local, netstack.ListenOptions{ReuseAddr: true})
}

// explainListen names the flag, its value and the remedy.
func explainListen(text string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("--listen %q: %w: give each --listen a port of its own", text, err)
	}
	return fmt.Errorf("--listen %q: %w", text, err)
}
