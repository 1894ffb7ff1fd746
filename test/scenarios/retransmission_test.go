package scenarios

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// cut loses all that cli sends from now on.
func cut(w *sim.World) { w.Fault(fault.Partition{A: []string{"cli"}, OneWay: true}) }

// Test26RTOBackOff: RFC 6298 section 5.5: each timeout is twice the one before,
// up to 120 s with Linux's values; after 15 repetitions TCP gives up. The first
// repetition is the probe of RFC 8985 section 7, after two round trips and
// 200 ms.
func Test26RTOBackOff(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, _, c, _ := pair(t, w)
		cut(w)
		sim.Must(io.WriteString(c, "x"))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(err)
		}
		w.Packets(sim.From(cli), sim.Data).WantTimes(t, "0 240ms 440ms 840ms 1.64s 3.24s 6.44s 12.84s 25.64s 51.24s "+
			"1m42.44s 3m24.84s 5m24.84s 7m24.84s 9m24.84s 11m24.84s")
		w.WantElapsed(t, 804*time.Second+840*time.Millisecond)
	})
}

// Test27UserTimeout: RFC 5482 section 3: data that stays unacknowledged for the
// user timeout ends the connection. gVisor counts from when the oldest segment
// was sent last before the first timeout, which here is the probe at 240 ms,
// where the RFC and Linux count from when it was sent first.
func Test27UserTimeout(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, _, c, _ := pair(t, w)
		if err := c.SetUserTimeout(30 * time.Second); err != nil {
			t.Fatal(err)
		}
		cut(w)
		sim.Must(io.WriteString(c, "x"))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(err)
		}
		w.WantElapsed(t, 30*time.Second+240*time.Millisecond)
		w.Packets(sim.From(cli), sim.Data).WantTimes(t, "0 240ms 440ms 840ms 1.64s 3.24s 6.44s 12.84s 25.64s")
	})
}

// Test28RTOEstimator: RFC 6298 section 2.3: the timeout follows the round trip
// and its deviation. A round trip that grows from 20 to 300 ms costs one
// repetition that was not needed, and none after it.
func Test28RTOEstimator(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		go io.Copy(io.Discard, s)
		ping := func(n int) (rto time.Duration) {
			for range n {
				sim.Must(io.WriteString(c, "ping"))
				w.RunFor(time.Second)
			}
			return c.TCPInfo().RTO
		}
		if rto := ping(10); rto != 200*time.Millisecond {
			t.Errorf("RTO %v at 20 ms, want its minimum of 200ms", rto)
		}
		w.Link(cli, srv, sim.PathConfig{Delay: 150 * time.Millisecond})
		if rto := ping(1); rto <= 300*time.Millisecond {
			t.Errorf("RTO %v after one sample of 300 ms, want more", rto)
		}
		w.Packets(sim.Retransmission).WantLen(t, 1) // the probe, before the first sample
		ping(9)
		w.Packets(sim.Retransmission).WantLen(t, 1)
		if rtt := c.TCPInfo().RTT; rtt < 200*time.Millisecond || rtt > 300*time.Millisecond {
			t.Errorf("smoothed round trip %v, want it near 300ms", rtt)
		}
	})
}

// Test29Karn: RFC 6298 section 3: an acknowledgement of data that was sent twice
// is no sample of the round trip, unless timestamps tell which one it is for.
// gVisor differs: against a peer without timestamps, as this one, it takes the
// time since the last repetition for one. The sender's timeout can so become
// shorter than the round trip; Linux takes no sample.
func Test29Karn(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, peer := w.Host("cli"), wire(w)
		at := netip.AddrPortFrom(peer.Addrs()[0], 80)
		dialled := make(chan *netstack.Conn)
		go func() {
			dialled <- sim.Must(cli.Stack().DialTCP(context.Background(), at, netstack.DialOptions{}))
		}()
		w.Settle()
		syn := w.Packets(sim.SYN).At(0)
		iss := binary.BigEndian.Uint32(syn.Bytes[24:])
		answer := func(text string, numbers ...any) {
			if err := peer.Segment(at, syn.Flow.Src, fmt.Sprintf(text, numbers...)); err != nil {
				t.Fatal(err)
			}
		}
		answer("S. 0:0(0) ack %d win 65535 <mss 1460>", iss+1)
		c := <-dialled
		before := c.TCPInfo()
		sim.Must(io.WriteString(c, "ping"))
		w.RunFor(2 * time.Second) // four repetitions
		answer(". 1:1(0) ack %d win 65535", iss+5)
		w.Settle()
		after := c.TCPInfo()
		if before.RTT != 20*time.Millisecond || after.Retransmits != 3 {
			t.Errorf("round trip %v before, %d repetitions; want 20ms and 3", before.RTT, after.Retransmits)
		}
		// The data was sent at 0, 200, 600 and 1400 ms. A seventh of a sample of
		// 610 ms, since the last one, has gone into the average.
		if after.RTT != 93750*time.Microsecond {
			t.Errorf("round trip %v after the acknowledgement, want 93.75ms; 20ms would be right", after.RTT)
		}
	})
}
