package report

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant, by %s,\n%s", got, file, want)
	}
}

// upload is a connection with a lost SYN, a lost piece of data that is sent
// again, and a packet that nobody can take.
func upload(t *testing.T) *Run {
	t.Helper()
	const a, b = 1000, 5000
	bed := newBed(t, engine.PathConfig{Delay: 10 * time.Millisecond}, "client", "server")
	bed.fault("drop flags=syn without=ack nth=1\ndrop payloadmin=1000 nth=2\ncorrupt chance=100% bits=2 from=server payloadmin=1 start=1.2s\nloss chance=1% proto=udp")
	client := func(flags fault.Flags, seq, ack uint32, data int) {
		t.Helper()
		bed.send(segment{from: "client:49152", to: "server:80", flags: flags, seq: a + seq, ack: ack, window: 65535, data: strings.Repeat("x", data)})
	}
	server := func(flags fault.Flags, seq, ack uint32, data string, sack ...uint32) {
		t.Helper()
		bed.send(segment{from: "server:80", to: "client:49152", flags: flags, seq: b + seq, ack: a + ack, window: 65535, data: data, sack: sack})
	}
	client(fault.SYN, 0, 0, 0)
	bed.at(time.Second)
	client(fault.SYN, 0, 0, 0)
	bed.at(1010 * time.Millisecond)
	server(fault.SYN|fault.ACK, 0, 1, "")
	bed.at(1020 * time.Millisecond)
	client(fault.ACK, 1, b+1, 0)
	for i := range uint32(3) {
		client(fault.ACK|fault.PSH, 1+1000*i, b+1, 1000)
	}
	bed.at(1030 * time.Millisecond)
	server(fault.ACK, 1, 1001, "")
	server(fault.ACK, 1, 1001, "", a+2001, a+3001)
	bed.at(1040 * time.Millisecond)
	client(fault.ACK|fault.PSH, 1001, b+1, 1000)
	bed.at(1050 * time.Millisecond)
	server(fault.ACK, 1, 3001, "")
	bed.at(1300 * time.Millisecond)
	server(fault.ACK|fault.PSH, 1, 3001, "thanks")
	bed.raw("server", bed.address("server:7"), bed.address("10.0.9.9:7"), fault.UDP, []byte{0, 7, 0, 7, 0, 10, 0, 0, 'h', 'i'})
	bed.at(1305 * time.Millisecond)
	client(fault.FIN|fault.ACK, 3001, b+7, 0)
	return finish(bed)
}

// finish adds what a network does not know by itself.
func finish(bed *bed) *Run {
	run := bed.run()
	run.Failure = "upload_test.go:31: the server answered \"thcnks\",\nwant \"thanks\""
	at := func(ms int, host string, kind NoteKind, text string) {
		run.Notes = append(run.Notes, Note{time.Duration(ms) * time.Millisecond, host, kind, text})
	}
	at(1030, "server", NoteWakeUp, "read on 10.0.0.2:80")
	at(1200, "", NoteText, "the upload is complete")
	at(1305, "server", NoteHost, "paused")
	run.Hosts[1].State = "paused"
	client, server := bed.address("client:49152"), bed.address("server:80")
	info := &netstack.TCPInfo{RTT: 20 * time.Millisecond, RTTVar: 10 * time.Millisecond, RTO: 220 * time.Millisecond, CongestionWindow: 10, Retransmits: 2}
	run.Hosts[0].Sockets = []netstack.SocketInfo{
		{Network: "tcp", State: "FIN-WAIT1", Local: client, Remote: server, PacketsIn: 5, PacketsOut: 8, TCP: info},
	}
	run.Hosts[1].Sockets = []netstack.SocketInfo{
		{Network: "tcp", State: "LISTEN", Local: server},
		{Network: "tcp", State: "ESTABLISHED", Local: server, Remote: client, PacketsIn: 6, PacketsOut: 6, TCP: &netstack.TCPInfo{RTT: 20 * time.Millisecond, RTO: time.Second, CongestionWindow: 10}},
	}
	run.Hosts[0].Counters = []Counter{{"retransmission-timeouts", 1}, {"retransmits", 2}}
	run.Hosts = append(run.Hosts, Host{Name: "bystander"})
	return run
}

// text is what Text writes.
func text(t *testing.T, run *Run) string {
	t.Helper()
	var out strings.Builder
	if err := Text(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextOfAnUpload(t *testing.T) {
	golden(t, "upload.txt", text(t, upload(t)))
}

// TestTextOfSeveralFlows has three hosts, two connections, and packets under
// way at the end.
func TestTextOfSeveralFlows(t *testing.T) {
	bed := newBed(t, engine.PathConfig{Delay: 5 * time.Millisecond, BitsPerSecond: 100_000, Queue: engine.Queue{Packets: 1}}, "a", "b", "proxy")
	bed.fault("duplicate chance=100% copies=1 from=b to=proxy")
	bed.send(segment{from: "a:1000", to: "proxy:80", flags: fault.SYN, seq: 1})
	bed.send(segment{from: "b:1000", to: "proxy:80", flags: fault.SYN, seq: 1})
	for range 3 {
		bed.send(segment{from: "a:1000", to: "b:80", flags: fault.SYN, seq: 7})
	}
	bed.at(7 * time.Millisecond)
	bed.send(segment{from: "proxy:80", to: "b:1000", flags: fault.SYN | fault.ACK, seq: 9, ack: 2})
	run := bed.run()
	run.Versions, run.Hash, run.Replay, run.Test = Versions{}, "", "", ""
	golden(t, "flows.txt", text(t, run))
}

// TestTextOfManyHosts has more hosts than a ladder has room for.
func TestTextOfManyHosts(t *testing.T) {
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("host%d", i))
	}
	bed := newBed(t, engine.PathConfig{Delay: time.Millisecond}, names...)
	bed.fault("drop from=host199")
	for i := 150; i < 200; i++ {
		bed.send(segment{from: fmt.Sprintf("host%d:99", i), to: "host0:80", flags: fault.SYN})
	}
	bed.at(time.Second)
	run := bed.run()
	for i := range run.Hosts[:100] {
		for port := range uint16(3) {
			run.Hosts[i].Sockets = append(run.Hosts[i].Sockets, netstack.SocketInfo{
				Network: "udp", State: "UNCONN", Local: bed.address(fmt.Sprintf("host%d:%d", i, port+1)),
			})
		}
	}
	for i := range 100 {
		run.Faults = append(run.Faults, Fault{Line: fmt.Sprintf("drop nth=%d", i)})
	}
	golden(t, "many.txt", text(t, run))
}

func TestTextOfADifference(t *testing.T) {
	run := upload(t)
	r := run.Records[3]
	other := r
	other.At += time.Microsecond
	run.Difference = &Difference{
		Packets: engine.Difference{Index: 3, A: &r, B: &other},
		WakeUps: [2][]Note{run.Notes[:1], nil},
	}
	got := text(t, run)
	for _, want := range []string{
		"where the run and its repetition parted",
		r.String(), other.String(),
		"the last wake-ups of the first run before that:\n  1.03s server: read on 10.0.0.2:80\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestTextOfNothing wants no panic and no empty sections where nothing is
// known.
func TestTextOfNothing(t *testing.T) {
	want := "a simulated run: seed 0, step 0, virtual time 0s\n\nno packets were sent\n"
	if got := text(t, &Run{}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	garbage := &Run{Records: []engine.Record{
		{Kind: engine.Delivered, Packet: 7},
		{Kind: engine.Entered, Packet: 8, Path: "no path", Bytes: []byte{1, 2, 3}, Size: 3},
		{Kind: engine.Lost, Packet: 9},
	}}
	if got := text(t, garbage); !strings.Contains(got, "3 bytes that are no IP packet") {
		t.Errorf("got\n%s", got)
	}
}

func TestTextIsReadable(t *testing.T) {
	for _, line := range strings.Split(text(t, upload(t)), "\n") {
		if strings.HasSuffix(line, " ") {
			t.Errorf("line ends with a space: %q", line)
		}
		if n := utf8.RuneCountInString(line); n > 160 {
			t.Errorf("line of %d columns: %s", n, line)
		}
	}
}

// full fails after some bytes.
type full struct{ left int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestTextReturnsTheWritersError(t *testing.T) {
	run := upload(t)
	run.Failure = strings.Repeat("long ", 2000)
	for _, left := range []int{0, 5000} {
		if err := Text(&full{left}, run); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}
