package pcap

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gopacket/gopacket/pcapgo"
)

func TestRecordsReadBack(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Config{Comment: "seed 42"})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a>b", "b>a"} {
		if id, err := w.AddInterface(name, "comment on "+name); id != i || err != nil {
			t.Fatalf("AddInterface: %d, %v", id, err)
		}
	}
	at := time.Date(2000, 1, 1, 0, 0, 0, 123456789, time.UTC)
	for _, r := range []Record{
		{Interface: 1, Time: at, Bytes: ping("lost"), Outbound: true, Comment: "lost by a fault"},
		{Interface: 0, Time: at.Add(time.Nanosecond), Bytes: ping("x"), Comment: strings.Repeat("long ", 20_000)},
	} {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	data, info, opts, err := r.ReadPacketDataWithOptions()
	if err != nil {
		t.Fatal(err)
	}
	if got := r.SectionInfo().Comment; got != "seed 42" {
		t.Errorf("comment of the file: %q", got)
	}
	if !bytes.Equal(data, ping("lost")) || !info.Timestamp.Equal(at) || info.InterfaceIndex != 1 {
		t.Errorf("first packet: %x, %+v", data, info)
	}
	if len(opts.Comments) != 1 || opts.Comments[0] != "lost by a fault" || opts.Flags.Direction != pcapgo.NgEpbFlagDirectionOutbound {
		t.Errorf("first packet's options: %+v", opts)
	}
	if intf, err := r.Interface(1); err != nil || intf.Name != "b>a" || intf.Comment != "comment on b>a" {
		t.Errorf("interface: %+v, %v", intf, err)
	}
	_, _, opts, err = r.ReadPacketDataWithOptions()
	if err != nil || len(opts.Comments[0]) != commentBytesMax || opts.Flags.Direction != pcapgo.NgEpbFlagDirectionInbound {
		t.Errorf("second packet: a comment of %d bytes, flags %v, %v", len(opts.Comments[0]), opts.Flags, err)
	}
}

func TestRecordsThatCannotBe(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(strings.Repeat("n", 300), ""); err == nil || !strings.Contains(err.Error(), "name has 300 bytes") {
		t.Errorf("AddInterface: %v", err)
	}
	id, err := w.AddInterface("eth0", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		record Record
		want   string
	}{
		{Record{Interface: id + 1}, "Record.Interface is 1"},
		{Record{Interface: -1}, "Record.Interface is -1"},
		{Record{Bytes: make([]byte, 70_000)}, "Record.Bytes has 70000 bytes"},
	} {
		if err := w.Write(test.record); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want an error saying %q", err, test.want)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Record{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write after Close: %v", err)
	}
	if s := w.Stats(); s.Packets != 0 || s.Missed != 1 {
		t.Errorf("Stats: %+v", s)
	}
}

func TestLongCommentsStayText(t *testing.T) {
	for _, comment := range []string{strings.Repeat("x", 5000), strings.Repeat("ä", 3000), "x" + strings.Repeat("ä", 3000)} {
		got := cut(comment)
		if len(got) > commentBytesMax || len(got) < commentBytesMax-4 || !utf8.ValidString(got) || !strings.HasSuffix(got, "...") {
			t.Errorf("%d bytes are cut to %d that end in %q", len(comment), len(got), got[len(got)-6:])
		}
	}
}
