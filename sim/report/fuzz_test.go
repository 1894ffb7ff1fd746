package report

import (
	"io"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
)

// FuzzReports: no bytes that a program sends, and no records that do not
// belong together, make a report panic or fail.
func FuzzReports(f *testing.F) {
	bed := newBed(f, engine.PathConfig{}, "a", "b")
	bed.send(segment{from: "a:1", to: "b:2", flags: 2, sack: []uint32{1, 5, 9, 11}, data: "hello"})
	records, _ := bed.trace.All()
	f.Add(records[0].Bytes, "a/eth0>b/eth0", uint8(0), uint8(2))
	f.Add([]byte{0x60}, ">", uint8(3), uint8(200))
	f.Fuzz(func(t *testing.T, bytes []byte, path string, kind, drop uint8) {
		r := engine.Record{
			Kind: engine.Kind(kind % 4), Packet: 1, Path: path, Bytes: bytes, Size: len(bytes),
			Drop: engine.Drop(drop % 9), Copies: int(drop / 100), By: path,
		}
		again := r
		again.Kind, again.At = engine.Entered, time.Second
		end := engine.Record{Kind: engine.Delivered, Packet: 1, Copy: 7, At: -1}
		run := &Run{Records: []engine.Record{r, again, r, end}, Notes: []Note{{Text: path, Host: path}}, Now: time.Duration(drop)}
		for _, write := range []func(io.Writer, *Run) error{Text, HTML, Pcap} {
			if err := write(io.Discard, run); err != nil && len(bytes) < 65_000 && len(path) < 255 {
				t.Fatal(err)
			}
		}
	})
}
