// Package notation writes IP packets as lines of text and reads TCP segments
// from them, in the notation of packetdrill:
//
//	S 0:0(0) win 65535 <mss 1460,sackOK,nop,wscale 7>
//	S. 0:0(0) ack 1 win 64240 <mss 1460>
//	P. 1:6(5) ack 1 win 502 "hello"
//
// The letters are S (SYN), F (FIN), R (RST), P (PSH), U (URG), E (ECE), W (CWR)
// and a dot for ACK; a hyphen is none of them. Then come the first and the next
// sequence number and the bytes of payload between. Numbers count from the
// first of each side, which Flows remembers, and so do timestamps.
//
// # Goroutines and locks
//
// The package starts no goroutine and has no lock: values belong to one
// goroutine at a time.
//
// # Not supported
//
// IPv4 options and IPv6 extension headers are skipped when they are read and
// never written; fragments are shown as such.
package notation
