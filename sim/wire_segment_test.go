package sim

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestForgeSpeaksForThePeer resets a connection in its peer's name.
func TestForgeSpeaksForThePeer(t *testing.T) {
	Config{Path: PathConfig{Delay: 10 * time.Millisecond}}.Test(t, func(t *testing.T, w *World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		mallory := Must(w.AddWire(WireConfig{Name: "mallory"}))
		l := Must(srv.Listen("tcp", ":80"))
		c := w.Must(cli.Dial("tcp", "srv:80"))
		w.Must(l.Accept())
		w.Settle()
		if err := mallory.Forge(c, `P. 1:4(3) ack 1 win 512 <TS val 10 ecr 0> "lie"`); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 10)
		if n, err := c.Read(b); err != nil || string(b[:n]) != "lie" {
			t.Errorf("read %q, %v; want what was forged", b[:n], err)
		}
		if err := mallory.Forge(c, "R 4:4(0)"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(b); err == nil || !strings.Contains(err.Error(), "reset") {
			t.Errorf("read %v, want a reset", err)
		}
	})
}

func TestSegmentSendsWhatIsWritten(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	srv := w.Host("srv")
	peer := Must(w.AddWire(WireConfig{Name: "peer"}))
	from, to := netip.AddrPortFrom(peer.Addrs()[0], 1000), netip.AddrPortFrom(srv.Addr(), 80)
	if err := peer.Segment(from, to, "S 77:77(0) win 65535 <mss 1000>"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	w.Packets(From("peer"), SYN).WantLen(t, 1)
	w.Packets(From(srv), RST).WantLen(t, 1)
	for text, want := range map[string]string{
		"Q 1:1(0)": "Q",
		"S 1:2(0)": "1:2(0)",
	} {
		if err := peer.Segment(from, to, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Segment %q: %v, want an error that names %s", text, err, want)
		}
	}
	pipe, _ := net.Pipe()
	if err := peer.Forge(pipe, "R 1:1(0)"); err == nil {
		t.Error("forged a segment of a connection that is not of TCP")
	}
	w.Packets(FlowOf(pipe)).WantLen(t, 0)
}
