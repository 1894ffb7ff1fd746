package attach

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// forSystem splits what the kernel's end needs into what package tun is asked
// to do on the system goos and the commands that are left to the user, who
// must be its administrator. Package tun's documentation says which is which.
func (e hostEnd) forSystem(goos string, stack []netip.Prefix) (ask hostEnd, commands func(device string) []string) {
	switch goos {
	case "darwin":
		return hostEnd{}, func(device string) []string { return e.ifconfig(device, stack) }
	case "windows":
		return hostEnd{addresses: e.addresses}, e.netsh
	}
	return e, func(string) []string { return nil }
}

// ifconfig are macOS's commands: utun devices join two addresses, and further
// ones of the stack are routed.
func (e hostEnd) ifconfig(device string, stack []netip.Prefix) []string {
	var commands []string
	routed := slices.Clone(stack)
	for _, p := range e.addresses {
		peer := slices.IndexFunc(routed, func(q netip.Prefix) bool { return q.Addr().Is4() && p.Contains(q.Addr()) })
		switch {
		case p.Addr().Is6():
			commands = append(commands, fmt.Sprintf("ifconfig %s inet6 %v prefixlen %d up", device, p.Addr(), p.Bits()))
		case peer >= 0:
			commands = append(commands, fmt.Sprintf("ifconfig %s inet %v %v up", device, p.Addr(), routed[peer].Addr()))
			routed = slices.Delete(routed, peer, peer+1)
		default:
			commands = append(commands, fmt.Sprintf("ifconfig %s inet %v %v up", device, p.Addr(), p.Addr()))
		}
	}
	for _, p := range routed {
		if p.Addr().Is4() {
			commands = append(commands, fmt.Sprintf("route add -host %v -interface %s", p.Addr(), device))
		} else if !covered(e.addresses, p.Addr()) {
			commands = append(commands, fmt.Sprintf("route add -inet6 -host %v -interface %s", p.Addr(), device))
		}
	}
	return commands
}

// netsh are the commands of Windows, where the driver serves one IPv4 prefix.
func (e hostEnd) netsh(device string) []string {
	var commands []string
	for _, p := range e.addresses {
		if p.Addr().Is4() {
			mask := net.IP(net.CIDRMask(p.Bits(), p.Addr().BitLen()))
			commands = append(commands, fmt.Sprintf("netsh interface ip set address %q static %v %v", device, p.Addr(), mask))
		}
	}
	return commands
}
