package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestLine(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		cli, srv := w.Line("cli", "r1", "r2", "srv")
		l := Must(srv.Listen("tcp", ":7"))
		srv.Go("accept", func() { l.Accept() })
		Must(cli.Dial("tcp", "srv:7"))
		wantNow(t, w, 60*time.Millisecond, "there and back by way of two routers")
		var names []string
		for _, p := range w.Paths() {
			names = append(names, p.Name())
		}
		want := "cli/eth0>r1/eth0 r1/eth0>cli/eth0 r1/eth1>r2/eth0 r2/eth0>r1/eth1 r2/eth1>srv/eth0 srv/eth0>r2/eth1"
		if got := strings.Join(names, " "); got != want {
			t.Errorf("\ngot  %s\nwant %s", got, want)
		}
		w.Link(w.Router("r1"), w.Router("r2"), PathConfig{Delay: 40 * time.Millisecond})
		if p := Must(w.Path(w.Router("r2"), w.Router("r1"))); p.Config().Delay != 40*time.Millisecond {
			t.Errorf("the path between the routers is %+v", p.Config())
		}
		if _, err := w.Path(cli, srv); err == nil || !strings.Contains(err.Error(), "no path from cli to srv") {
			t.Errorf("a path across routers: %v", err)
		}
		start := w.Now()
		srv.Go("accept", func() { l.Accept() })
		Must(cli.Dial("tcp", "srv:7"))
		wantNow(t, w, start+120*time.Millisecond, "with a slower stretch")
	})
}

func TestStar(t *testing.T) {
	w := Must(New(link10))
	defer w.Close()
	hosts := w.Star("hub", "a", "b", "c")
	for _, h := range hosts {
		bootEchoOn(w, h)
	}
	for i, from := range hosts {
		to := hosts[(i+1)%len(hosts)]
		start := w.Now()
		Must(from.Dial("tcp", to.Name()+":7"))
		wantNow(t, w, start+40*time.Millisecond, from.Name()+" to "+to.Name())
	}
	// The hub loses what a sends to anybody.
	w.Fault(fault.Partition{A: []string{"a"}, B: []string{"hub"}, OneWay: true})
	if _, err := hosts[0].DialTimeout("tcp", "b:7", time.Second); err == nil {
		t.Error("the partition lets a packet through")
	}
}

func bootEchoOn(w *World, h *Host) {
	h.Go("echo", func() { bootEcho(h) })
	w.Wait()
}

// TestPingAndTraceroute: routers answer pings, and say at which of them a
// packet's hops were over.
func TestPingAndTraceroute(t *testing.T) {
	w := Must(New(link10))
	defer w.Close()
	cli, srv := w.Line("cli", "r1", "r2", "srv")
	ping := func(to netip.Addr, hops int) string {
		start := w.Now()
		_, err := cli.Stack().Ping(context.Background(), to, netstack.PingOptions{TTL: hops})
		var said *netstack.ICMPError
		if errors.As(err, &said) {
			return fmt.Sprintf("%v says %d/%d after %v", said.From, said.Type, said.Code, w.Now()-start)
		}
		return fmt.Sprintf("%v after %v", err, w.Now()-start)
	}
	for i, router := range w.Routers() {
		want := fmt.Sprintf("<nil> after %v", time.Duration(i+1)*20*time.Millisecond)
		if got := ping(router.Addrs()[0], 0); got != want {
			t.Errorf("%s: %s, want %s", router.Name(), got, want)
		}
	}
	for i, want := range []string{"10.1.0.1 says 11/0 after 20ms", "10.1.1.2 says 11/0 after 40ms", "<nil> after 60ms"} {
		if got := ping(srv.Addr(), i+1); got != want {
			t.Errorf("hop %d: %s, want %s", i+1, got, want)
		}
	}
	if got, want := ping(netip.MustParseAddr("192.0.2.1"), 0), "10.1.0.1 says 3/0 after 20ms"; got != want {
		t.Errorf("an address that no router knows: %s, want %s", got, want)
	}
}

// TestSeveralInterfaces: a host in two subnets reaches the hosts of both, and
// hands nothing on between them.
func TestSeveralInterfaces(t *testing.T) {
	inBoth(t, link10, func(t *testing.T, w *World) {
		for _, name := range []string{"front", "back"} {
			Must(w.AddSubnet(SubnetConfig{Name: name, Family: DualStack}))
		}
		gate := w.Host("gate", InSubnet("front", "back"), boot(bootEcho))
		cli, db := w.Host("cli", InSubnet("front")), w.Host("db", InSubnet("back"), boot(bootEcho))
		w.Wait()
		if got := fmt.Sprint(gate.Addrs()); got != "[10.1.0.1 fd00:0:0:1::1 10.1.1.1 fd00:0:0:2::1]" {
			t.Errorf("the gate has %s", got)
		}
		for _, network := range []string{"tcp4", "tcp6"} {
			c := Must(cli.Dial(network, "gate:7"))
			io.WriteString(c, "x")
			Must(io.ReadFull(c, make([]byte, 1)))
			c = Must(gate.Dial(network, "db:7"))
			if ip := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr(); ip != gate.Addrs()[2] && ip != gate.Addrs()[3] {
				t.Errorf("the gate dials db from %v", ip)
			}
		}
		if _, err := cli.DialTimeout("tcp4", net.JoinHostPort(db.Addr().String(), "7"), time.Second); err == nil {
			t.Error("the gate hands packets on")
		}
	})
}

func errorOf[T any](_ T, err error) error { return err }

// TestRoutesOfHosts: of two routers the one with the first name is asked, unless
// a route names another.
func TestRoutesOfHosts(t *testing.T) {
	for _, test := range []struct{ gateway, want string }{
		{"", "cli/eth0>r1/eth0"},
		{"10.1.0.2", "cli/eth0>r2/eth0"},
	} {
		w := Must(New(link10))
		Must(w.AddSubnet(SubnetConfig{Name: "near"}))
		Must(w.AddSubnet(SubnetConfig{Name: "far"}))
		w.Router("r1", "near", "far")
		w.Router("r2", "near", "far")
		cfg := HostConfig{Name: "cli", Interfaces: []InterfaceConfig{{Subnet: "near"}}}
		if test.gateway != "" {
			cfg.Routes = []netstack.Route{{Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(test.gateway)}}
		}
		cli := Must(w.AddHost(cfg))
		bootEchoOn(w, w.Host("srv", InSubnet("far")))
		Must(cli.Dial("tcp", "srv:7"))
		if p := w.Paths()[0]; p.Name() != test.want || p.Counters().Sent == 0 {
			t.Errorf("with gateway %q the first path is %s, want %s", test.gateway, p.Name(), test.want)
		}
		w.Close()
	}
}

// TestBlackHole is a router that says nothing of packets that are too big.
func TestBlackHole(t *testing.T) {
	for _, silent := range []bool{false, true} {
		w := Must(New(link10))
		Must(w.AddSubnet(SubnetConfig{Name: "near"}))
		Must(w.AddSubnet(SubnetConfig{Name: "far"}))
		r := Must(w.AddRouter(RouterConfig{Name: "r", Silent: silent, Interfaces: []InterfaceConfig{{Subnet: "near"}, {Subnet: "far"}}}))
		cli, srv := w.Host("cli", InSubnet("near")), w.Host("srv", InSubnet("far"))
		bootEchoOn(w, srv)
		w.SetPath(r, srv, PathConfig{MTU: 1000})
		c := Must(cli.Dial("tcp", "srv:7"))
		Must(c.Write(make([]byte, 5000)))
		w.RunFor(10 * time.Second)
		c.SetReadDeadline(cli.Now().Add(time.Second))
		n, _ := io.ReadFull(c, make([]byte, 5000))
		if arrived := n == 5000; arrived == silent {
			t.Errorf("silent %v: %d bytes came back", silent, n)
		}
		if p := Must(w.Path(r, srv)); p.Counters().Dropped[engine.DropMTU] == 0 {
			t.Error("nothing was too big")
		}
		w.Close()
	}
}

func TestTopologyMistakes(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	path := Must(w.Path(w.Host("near"), w.Host("far")))
	Must(w.AddSubnet(SubnetConfig{Name: "lan", Prefixes: prefixes("192.168.1.0/30", "fd07::/64")}))
	cli := w.Host("cli")
	other := Must(New(Config{}))
	defer other.Close()
	elsewhere := other.Host("elsewhere")
	subnet := func(name string, list ...string) error {
		return errorOf(w.AddSubnet(SubnetConfig{Name: name, Prefixes: prefixes(list...)}))
	}
	host := func(name string, in ...InterfaceConfig) error {
		return errorOf(w.AddHost(HostConfig{Name: name, Interfaces: in}))
	}
	router := func(cfg RouterConfig) error { return errorOf(w.AddRouter(cfg)) }
	for want, err := range map[string]error{
		`SubnetConfig.Name is "a b"`:                                      subnet("a b"),
		"there is a subnet lan already":                                   subnet("lan"),
		"prefix 192.168.0.0/16 of subnet x overlaps 192.168.1.0/30 of su": subnet("x", "192.168.0.0/16"),
		"prefix 10.0.3.0/24 of subnet x overlaps 10.0.0.0/16, the subnet": subnet("x", "10.0.3.0/24"),
		"prefix 10.1.1.1/24 of subnet x: it must be one of unicast":       subnet("x", "10.1.1.1/24"),
		"prefix 10.2.0.0/24 of subnet x is the second of its family":      subnet("x", "10.1.0.0/24", "10.2.0.0/24"),
		`there is no subnet "lam": did you mean "lan"?`:                   host("h", InterfaceConfig{Subnet: "lam"}),
		"h/eth0 has both InterfaceConfig.Subnet, lan, and Addresses":      host("h", InterfaceConfig{Subnet: "lan", Addresses: prefixes("10.1.1.1/24")}),
		"address 10.0.0.3 of h/eth0 belongs to cli/eth0 already":          host("h", InterfaceConfig{Addresses: prefixes("10.0.0.3/16")}),
		"subnet 10.0.0.0/24 of i/eth0 overlaps 10.0.0.0/16 of ":           host("i", InterfaceConfig{Addresses: prefixes("10.0.0.7/24")}),
		"there is a host cli already":                                     router(RouterConfig{Name: "cli", Interfaces: []InterfaceConfig{{Subnet: "lan"}}}),
		"RouterConfig.Interfaces of r is empty":                           router(RouterConfig{Name: "r"}),
		"a path needs two ends":                                           errorOf(w.Path(cli, (*Router)(nil))),
		"path needs two ends":                                             errorOf(w.Path(nil, cli)),
		"elsewhere is in another world":                                   errorOf(w.Path(elsewhere, cli)),
		"path near/eth0>far/eth0: sim: PathConfig.Delay is -1s: it must":  path.Configure(PathConfig{Delay: -time.Second}),
		"fault: loss: chance is 1500000: more than certain":               errorOf(w.AddFault(fault.Loss{Chance: 1_500_000})),
		`there is no host or router "srv": there is cli, far, near`:       errorOf(w.AddFault(fault.Loss{Chance: 1, Select: fault.Select{To: []string{"srv"}}})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for i := range 2 {
		if err := host(fmt.Sprint("lan", i), InterfaceConfig{Subnet: "lan"}); err != nil {
			t.Error(err)
		}
	}
	if err := host("lan2", InterfaceConfig{Subnet: "lan"}); err == nil || !strings.Contains(err.Error(), "no address is left for lan2/eth0 in 192.168.1.0/30, subnet lan") {
		t.Errorf("a full subnet: %v", err)
	}
}
