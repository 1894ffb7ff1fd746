// Package netstack is a TCP/IP stack inside the process: IPv4 and IPv6, TCP,
// UDP and ICMP echo over a Link, offered as ordinary Go networking, without
// kernel sockets.
package netstack
