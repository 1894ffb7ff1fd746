package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack/pcap"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// Pcap writes the run's packets as pcapng, for Wireshark and tshark.
//
// Each packet stands there once for each path it entered, at the virtual time
// at which it did: what a sniffer beside every sender would see. So those that
// were lost are there too, Wireshark finds the retransmissions by itself, and
// a comment says what the network or a fault did to a packet (filter by
// "frame.comment"). Bytes are those of the sender; what a fault changed is said
// in the comment. Interfaces are named after the paths (filter by
// "frame.interface_name"): where routers are in between, look at one at a time.
func Pcap(w io.Writer, run *Run) error {
	capture, err := pcap.NewWriter(w, pcap.Config{Comment: captureComment(run)})
	if err != nil {
		return err
	}
	start := run.Start
	if start.IsZero() {
		start = time.Unix(0, 0)
	}
	interfaces := map[string]int{}
	for _, p := range analyse(run.Records).packets {
		id, known := interfaces[p.Path]
		if !known {
			comment := ""
			if p.Kind == engine.Lost {
				comment = "packets that found no way from here"
			}
			if id, err = capture.AddInterface(p.Path, comment); err != nil {
				break
			}
			interfaces[p.Path] = id
		}
		err = capture.Write(pcap.Record{
			Interface: id, Time: start.Add(p.At), Bytes: p.Bytes, Outbound: true, Comment: p.fate(),
		})
		if err != nil {
			break
		}
	}
	if closed := capture.Close(); err == nil {
		err = closed
	}
	return err
}

// captureComment is what stands for the whole file.
func captureComment(run *Run) string {
	var lines []string
	if run.Test != "" {
		lines = append(lines, run.Test)
	}
	lines = append(lines, fmt.Sprintf("seed %d, trace %s", run.Seed, run.Hash))
	if v := run.Versions.String(); v != "" {
		lines = append(lines, v)
	}
	if run.Replay != "" {
		lines = append(lines, "run it again: "+run.Replay)
	}
	return strings.Join(lines, "\n")
}
