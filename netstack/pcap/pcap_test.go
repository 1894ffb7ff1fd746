package pcap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/seed-731cb71d/warren/netstack"
)

// stillClock is a clock that moves one nanosecond with each reading.
type stillClock struct{ reading time.Time }

func (c *stillClock) Now() time.Time {
	c.reading = c.reading.Add(time.Nanosecond)
	return c.reading
}

func (c *stillClock) AfterFunc(time.Duration, func()) func() bool {
	return func() bool { return true }
}

// sinkLink is a link that drops what is sent and delivers on demand.
type sinkLink struct {
	receiver netstack.Receiver
	closed   bool
}

func (l *sinkLink) MTU() int                               { return 1500 }
func (l *sinkLink) Offload() netstack.Offload              { return netstack.Offload{} }
func (l *sinkLink) Attach(r netstack.Receiver) error       { l.receiver = r; return nil }
func (l *sinkLink) Close() error                           { l.closed = true; return nil }
func (l *sinkLink) Deliver(pkts []*netstack.Packet)        { release(pkts) }
func (l *sinkLink) LinkDown(error)                         {}
func (l *sinkLink) Send(p []*netstack.Packet) (int, error) { release(p); return len(p), nil }

func release(pkts []*netstack.Packet) {
	for _, p := range pkts {
		p.Release()
	}
}

// packet makes a packet with the given bytes.
func packet(data []byte) *netstack.Packet {
	p := netstack.NewPacket(len(data))
	for s := range p.Segments {
		data = data[copy(s, data):]
	}
	return p
}

// ping is an ICMP echo request from 10.0.0.1 to 10.0.0.2 without checksums.
func ping(payload string) []byte {
	b := []byte{0x45, 0, 0, byte(28 + len(payload)), 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 0, 0, 0, 1, 0, 1}
	return append(b, payload...)
}

// attached is a captured sinkLink.
func attached(t testing.TB, w *Writer, name string) (netstack.Link, *sinkLink) {
	t.Helper()
	inner := &sinkLink{}
	l, err := NewLink(inner, w, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Attach(inner); err != nil {
		t.Fatal(err)
	}
	return l, inner
}

// captureTwo captures a packet out and one in on two links and returns the
// file.
func captureTwo(t *testing.T, cfg Config) []byte {
	t.Helper()
	var file bytes.Buffer
	cfg.Clock = &stillClock{reading: time.Unix(1700000000, 123456789)}
	w, err := NewWriter(&file, cfg)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := attached(t, w, "eth0")
	_, inner := attached(t, w, "")
	if n, err := a.Send([]*netstack.Packet{packet(ping("out"))}); n != 1 || err != nil {
		t.Fatalf("Send: %d, %v", n, err)
	}
	inner.receiver.Deliver([]*netstack.Packet{packet(ping("in of many bytes"))})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := w.Stats(); got.Packets != 2 || got.Missed != 0 {
		t.Errorf("Stats: %+v, want 2 packets and none missed", got)
	}
	return file.Bytes()
}

func TestCaptureReadsBack(t *testing.T) {
	r, err := pcapgo.NewNgReader(bytes.NewReader(captureTwo(t, Config{})), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		data      []byte
		name      string
		direction pcapgo.NgEpbFlag
	}{
		{ping("out"), "eth0", pcapgo.NgEpbFlagDirectionOutbound},
		{ping("in of many bytes"), "link1", pcapgo.NgEpbFlagDirectionInbound},
	}
	for i, want := range want {
		data, info, opts, err := r.ReadPacketDataWithOptions()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want.data) {
			t.Errorf("packet %d: %x, want %x", i, data, want.data)
		}
		if at := time.Unix(1700000000, int64(123456790+i)); !info.Timestamp.Equal(at) {
			t.Errorf("packet %d: time %v, want %v to the nanosecond", i, info.Timestamp, at)
		}
		intf, err := r.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		if intf.Name != want.name || intf.LinkType != layers.LinkTypeRaw {
			t.Errorf("packet %d: interface %q of type %v, want %q of raw IP", i, intf.Name, intf.LinkType, want.name)
		}
		if opts.Flags == nil || opts.Flags.Direction != want.direction {
			t.Errorf("packet %d: flags %v, want direction %v", i, opts.Flags, want.direction)
		}
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Errorf("after the last packet: %v, want EOF", err)
	}
}

func TestCaptureOpensInTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("needs tshark, the command-line Wireshark, in PATH")
	}
	name := filepath.Join(t.TempDir(), "two.pcapng")
	if err := os.WriteFile(name, captureTwo(t, Config{}), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-r", name, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.time_epoch", "-e", "ip.dst", "-e", "icmp.type").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	want := "eth0\t1700000000.123456790\t10.0.0.2\t8\nlink1\t1700000000.123456791\t10.0.0.2\t8\n"
	if string(out) != want {
		t.Errorf("tshark reads\n%swant\n%s", out, want)
	}
}

func TestSnapBytesCutsPackets(t *testing.T) {
	r, err := pcapgo.NewNgReader(bytes.NewReader(captureTwo(t, Config{SnapBytes: 29})), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	data, info, err := r.ReadPacketData()
	if err != nil {
		t.Fatal(err)
	}
	if want := ping("out")[:29]; !bytes.Equal(data, want) || info.Length != len(ping("out")) {
		t.Errorf("read %x of %d bytes, want %x of %d", data, info.Length, want, len(ping("out")))
	}
}

func TestNegativeBufferWritesAtOnce(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Config{BufferBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	l, _ := attached(t, w, "eth0")
	before := file.Len()
	if _, err := l.Send([]*netstack.Packet{packet(ping("x"))}); err != nil {
		t.Fatal(err)
	}
	if file.Len() <= before {
		t.Error("the packet is still in the buffer")
	}
}

func TestEmptyCaptureIsValid(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.ReadPacketData(); err != io.EOF {
		t.Errorf("read %v, want EOF", err)
	}
}

// brokenFile fails after a number of bytes.
type brokenFile struct{ left int }

var errBroken = errors.New("disk full")

func (f *brokenFile) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, errBroken
	}
	f.left -= len(p)
	return len(p), nil
}

func TestDestinationErrorEndsCaptureOnly(t *testing.T) {
	w, err := NewWriter(&brokenFile{left: 300}, Config{BufferBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	l, inner := attached(t, w, "eth0")
	for range 10 {
		if n, err := l.Send([]*netstack.Packet{packet(ping("x"))}); n != 1 || err != nil {
			t.Fatalf("Send with a broken capture: %d, %v; the link must go on", n, err)
		}
	}
	if err := w.Flush(); !errors.Is(err, errBroken) {
		t.Errorf("Flush: %v, want the destination's error", err)
	}
	if err := w.Close(); !errors.Is(err, errBroken) {
		t.Errorf("Close: %v, want the destination's error", err)
	}
	if s := w.Stats(); s.Missed == 0 || s.Packets+s.Missed != 10 {
		t.Errorf("Stats: %+v, want 10 packets in all, some of them missed", s)
	}
	if err := l.Close(); err != nil || !inner.closed {
		t.Errorf("Close of the link: %v, inner closed %v", err, inner.closed)
	}
}

func TestPacketsAfterCloseAreCounted(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Config{})
	if err != nil {
		t.Fatal(err)
	}
	l, _ := attached(t, w, "eth0")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	size := file.Len()
	if _, err := l.Send([]*netstack.Packet{packet(ping("late"))}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Flush after Close: %v, want net.ErrClosed", err)
	}
	if s := w.Stats(); s.Missed != 1 || file.Len() != size {
		t.Errorf("Stats: %+v and %d new bytes, want one missed packet and none", s, file.Len()-size)
	}
	if _, err := NewLink(&sinkLink{}, w, "eth1"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("NewLink after Close: %v, want net.ErrClosed", err)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	w, err := NewWriter(io.Discard, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want string
		make func() error
	}{
		{"w is nil", func() error { _, err := NewWriter(nil, Config{}); return err }},
		{"Config.SnapBytes is -1", func() error { _, err := NewWriter(io.Discard, Config{SnapBytes: -1}); return err }},
		{"inner is nil", func() error { _, err := NewLink(nil, w, ""); return err }},
		{"capture is nil", func() error { _, err := NewLink(&sinkLink{}, nil, ""); return err }},
		{"name has 300 bytes", func() error { _, err := NewLink(&sinkLink{}, w, strings.Repeat("n", 300)); return err }},
	} {
		if err := test.make(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got error %v, want one saying %q", err, test.want)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	for _, size := range []int{64, 1500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w, err := NewWriter(io.Discard, Config{})
			if err != nil {
				b.Fatal(err)
			}
			l, _ := attached(b, w, "eth0")
			p := packet(make([]byte, size))
			pkts := []*netstack.Packet{p}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				p.Retain()
				l.Send(pkts)
			}
		})
	}
}
