// Package pcap captures what passes a link: a decorator around a
// netstack.Link that writes pcapng files for Wireshark, tshark and tcpdump,
// with nanosecond times, interface names and the direction of each packet.
//
//	file, err := os.Create("run.pcapng")
//	if err != nil {
//		return err
//	}
//	capture, err := pcap.NewWriter(file, pcap.Config{})
//	if err != nil {
//		return err
//	}
//	link, err = pcap.NewLink(link, capture, "eth0")
//	// give link to netstack.New; after the stack is closed:
//	err = errors.Join(capture.Close(), file.Close())
//
// A program that has packets but no links writes them with AddInterface and
// Write, with the times and comments that it gives.
//
// Packets are written raw, without a link header, as the stack hands them
// over: with segmentation offload that is before they are cut, and where the
// link fills in checksums that is before it has done so. Wireshark does not
// verify checksums unless told to.
//
// # Goroutines and locks
//
// The package starts no goroutine. One mutex per Writer orders the packets of
// all its links; it is held while the buffer is written out, so a destination
// that blocks holds up the stacks that are captured. Links hold no lock of
// their own, and the Writer calls nothing but its clock and its destination.
//
// # Not supported
//
// Reading captures, capture filters, several link types in one file, and
// rotation by size. Capturing loopback traffic, which passes no link.
package pcap
