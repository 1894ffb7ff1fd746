// Command warren shows and serves TCP from a stack that lives inside the
// process.
//
//	warren demo               watch the life of a socket, packet by packet
//	warren demo --pcap FILE   and keep the packets for Wireshark
//	warren serve http DIR     HTTP over a TUN device, as warren serve echo is
//	warren listen, connect    netcat over a TUN device
//	warren ping HOST          echo requests over a TUN device
//	warren stat               sockets and counters of a running serve
//	warren sim run FILE...    scenarios in a simulated network
//	warren bench              measure this machine: the stack beside the kernel
//	warren help               all subcommands
//
// Exit codes: 0 success, 1 failure, 2 wrong usage, 3 the machine lacks a device
// or a right; warren help exit-codes says more.
package main
