// Package tun opens TUN devices: IP packets to and from the operating system.
package tun
