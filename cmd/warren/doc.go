// Command warren shows and serves TCP from a stack that lives inside the
// process.
//
//	warren demo               watch the life of a socket, packet by packet
//	warren demo --pcap FILE   and keep the packets for Wireshark
//	warren help               all subcommands
//
// Exit codes: 0 success, 1 failure, 2 wrong usage.
package main
