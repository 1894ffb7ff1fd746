package sim

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/notation"
)

// TestWireSendsAndReceivesByHand sends a SYN from a wire: the host answers after
// one way there and one back, and nothing answers on the wire's side.
func TestWireSendsAndReceivesByHand(t *testing.T) {
	w, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	srv := w.Host("srv")
	Must(srv.Listen("tcp", ":80"))
	var got []string
	x := Must(w.AddWire(WireConfig{Name: "peer", Receive: func(b []byte) {
		p, err := notation.Decode(b)
		if err != nil {
			t.Error(err)
		}
		got = append(got, w.Now().String()+" "+p.TCP.Flags.String())
	}}))
	w.SetPath(x, srv, PathConfig{Delay: 10 * time.Millisecond})
	w.SetPath(srv, x, PathConfig{Delay: 5 * time.Millisecond})
	p := notation.Packet{TCP: notation.Segment{Flags: fault.SYN, Window: 65535}}
	p.Src, p.Dst = netip.AddrPortFrom(x.Addrs()[0], 1000), netip.AddrPortFrom(srv.Addr(), 80)
	syn := Must(p.Encode())
	if err := x.Send(syn); err != nil {
		t.Fatal(err)
	}
	w.RunFor(1200 * time.Millisecond)
	// Nobody has acknowledged the SYN-ACK, so it is repeated after a second.
	if want := "15ms syn+ack, 1.015s syn+ack"; strings.Join(got, ", ") != want {
		t.Errorf("received %q, want %q", got, want)
	}
}

func TestWireMistakes(t *testing.T) {
	w, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	w.Host("srv")
	x := Must(w.AddWire(WireConfig{Name: "peer"}))
	for what, err := range map[string]error{
		"there is a host srv":           second(w.AddWire(WireConfig{Name: "srv"})),
		"peer":                          second(w.AddHost(HostConfig{Name: "peer"})),
		"must be letters":               second(w.AddWire(WireConfig{Name: "two words"})),
		"a packet of 3 bytes":           x.Send([]byte{1, 2, 3}),
		"they have no subnet in common": second(w.Path(x, w.Host("far", func(c *HostConfig) { c.Family = IPv6 }))),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
}

func second[T any](_ T, err error) error { return err }
