package engine

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// routed is client - r1 - r2 - server, with a second network behind r1.
func routed(t *testing.T) (n *bed, client *Port) {
	n = newBed(t, Config{Path: PathConfig{Delay: ms}})
	client = n.host("client", "10.1.0.2/24", "fd01::2/64")
	n.host("other", "10.3.0.2/24")
	n.host("server", "10.2.0.2/24", "fd02::2/64")
	n.add("r1/a", true, []string{"10.1.0.1/24", "fd01::1/64"})
	n.add("r1/b", true, []string{"10.0.0.1/30", "fd00::1/64"})
	n.add("r1/c", true, []string{"10.3.0.1/24"})
	n.add("r2/a", true, []string{"10.0.0.2/30", "fd00::2/64"})
	n.add("r2/b", true, []string{"10.2.0.1/24", "fd02::1/64"})
	route := func(host, destination, gateway string) {
		t.Helper()
		if err := n.AddRoute(host, Route{netip.MustParsePrefix(destination), netip.MustParseAddr(gateway)}); err != nil {
			t.Fatal(err)
		}
	}
	route("r1", "0.0.0.0/0", "10.0.0.2")
	route("r2", "10.1.0.0/16", "10.0.0.1")
	route("r2", "0.0.0.0/0", "10.0.0.1")
	return n, client
}

func TestRouting(t *testing.T) {
	n, client := routed(t)
	n.send(client, udp4("10.1.0.2:1", "10.2.0.2:2", 100, 1))
	n.send(client, udp4("10.1.0.2:1", "10.3.0.2:2", 100, 2))
	n.send(n.Port("server", "eth0"), udp4("10.2.0.2:1", "10.3.0.2:2", 100, 3))
	n.run()
	n.want("other 2@2ms", "server 1@3ms", "other 3@3ms")
	var names []string
	for _, p := range n.Paths() {
		names = append(names, p.Name())
	}
	const want = "client/eth0>r1/a r1/b>r2/a r1/c>other/eth0 r2/a>r1/b r2/b>server/eth0 server/eth0>r2/b"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("paths\ngot  %s\nwant %s", got, want)
	}
}

func TestPacketsWithoutAWay(t *testing.T) {
	n, client := routed(t)
	lonely := n.host("lonely", "10.7.0.1/24")
	n.send(lonely, udp4("10.7.0.1:1", "10.7.0.2:2", 100, 0)) // nobody there
	n.send(lonely, udp4("10.7.0.1:1", "10.2.0.2:2", 100, 0)) // no router
	n.send(lonely, udp4("10.7.0.1:1", "10.7.0.1:2", 100, 0)) // itself
	n.send(client, udp4("10.1.0.2:1", "10.1.0.1:2", 100, 0)) // a router's address
	n.send(client, udp4("10.1.0.2:1", "10.9.0.1:2", 100, 0)) // r1 and r2 send it to and fro
	n.send(lonely, &testPacket{b: []byte("no packet"), refs: 1})
	n.send(lonely, &testPacket{refs: 1})
	n.run()
	n.want("client 69@66ms") // "time exceeded", which quotes a packet
	if lonely.Lost[DropNoRoute] != 5 {
		t.Errorf("lonely lost %v", lonely.Lost)
	}
	if r1 := n.Port("r1", "a"); r1.Lost[DropNobody] != 1 {
		t.Errorf("r1 lost %v", r1.Lost)
	}
	// 64 hops: the client's, and then 63 between the routers. Two more for
	// the answer.
	if r2 := n.Port("r2", "a"); r2.Lost[DropHops] != 1 || n.events.Now() != 66*ms {
		t.Errorf("r2 lost %v, at %v", r2.Lost, n.events.Now())
	}
}

func TestLongestPrefixWins(t *testing.T) {
	n, client := routed(t)
	n.add("r3/a", true, []string{"10.1.0.3/24"})
	n.add("r3/b", true, []string{"10.2.0.3/24"})
	if err := n.AddRoute("client", Route{netip.MustParsePrefix("10.2.0.2/32"), netip.MustParseAddr("10.1.0.3")}); err != nil {
		t.Fatal(err)
	}
	if err := n.AddRoute("client", Route{netip.MustParsePrefix("10.2.0.0/16"), netip.MustParseAddr("10.1.0.1")}); err != nil {
		t.Fatal(err)
	}
	n.send(client, udp4("10.1.0.2:1", "10.2.0.2:2", 100, 1))
	n.run()
	n.want("server 1@2ms") // by way of r3, one router less
}

func TestHostWithoutReceiver(t *testing.T) {
	n, a, b := pair(t, Config{Path: PathConfig{Delay: ms}})
	receive := b.deliver
	n.send(a, udp4(aUDP, bUDP, 100, 1))
	b.Receive(nil)
	n.run()
	n.want()
	p, _ := n.Path(a, b)
	if c := p.Counters(); c.Dropped[DropNobody] != 1 || c.Delivered != 0 {
		t.Errorf("counted %+v", c)
	}
	b.Receive(receive)
	n.send(a, udp4(aUDP, bUDP, 100, 2))
	n.run()
	n.want("b 2@2ms")
}

func TestHostAddedLateIsFound(t *testing.T) {
	n, a, _ := pair(t, Config{})
	n.send(a, udp4(aUDP, "10.0.0.3:1", 100, 1))
	n.run()
	n.host("c", "10.0.0.3/24")
	n.send(a, udp4(aUDP, "10.0.0.3:1", 100, 2))
	n.run()
	n.want("c 2@0s")
}

// TestAddingAHostChangesNoDraw compares the schedule of two hosts with and
// without a third.
func TestAddingAHostChangesNoDraw(t *testing.T) {
	run := func(third bool) string {
		n, a, b := pair(t, Config{Seed: 3, Path: PathConfig{Delay: 50 * ms, Jitter: Jitter{JitterUniform, 40 * ms}}})
		for i := range 20 {
			n.events.At(time.Duration(i)*100*ms, func() {
				n.send(a, udp4(aUDP, bUDP, 100, byte(i)))
				if third {
					if i == 0 {
						n.host("aa", "10.0.0.9/24")
					}
					n.send(n.Port("aa", "eth0"), udp4("10.0.0.9:1", "10.0.0.1:5", 100, byte(i)))
				}
				n.send(b, udp4(bUDP, aUDP, 100, byte(i)))
				n.Forward()
			})
		}
		n.run()
		var pair []string
		for _, r := range n.trace.full {
			if !strings.Contains(r.Path, "aa/") {
				pair = append(pair, r.Kind.String()+r.Path+r.At.String())
			}
		}
		return strings.Join(pair, "\n")
	}
	if with, without := run(true), run(false); with != without {
		t.Errorf("with a third host\n%s\nwithout\n%s", with, without)
	}
}

func TestTopologyRefusesNonsense(t *testing.T) {
	n, _ := routed(t)
	port := func(host, iface string, router bool, addresses ...string) error {
		cfg := PortConfig{Host: host, Interface: iface, Router: router}
		for _, a := range addresses {
			cfg.Addresses = append(cfg.Addresses, netip.MustParsePrefix(a))
		}
		_, err := n.AddPort(cfg)
		return err
	}
	route := func(host, destination, gateway string) error {
		return n.AddRoute(host, Route{netip.MustParsePrefix(destination), netip.MustParseAddr(gateway)})
	}
	_, zero := n.AddPort(PortConfig{Host: "x", Interface: "e", Addresses: []netip.Prefix{{}}})
	for want, err := range map[string]error{
		`PortConfig.Host is ""`:                                  port("", "e", false, "10.5.0.1/24"),
		`PortConfig.Host is "a>b"`:                               port("a>b", "e", false, "10.5.0.1/24"),
		`the name of an interface of host x is ""`:               port("x", "", false, "10.5.0.1/24"),
		"PortConfig.Addresses of x/e is empty":                   port("x", "e", false),
		"address invalid Prefix of x/e":                          zero,
		"address 224.0.0.1/24 of x/e":                            port("x", "e", false, "224.0.0.1/24"),
		"address 10.1.0.2 of x/e belongs to client/eth0":         port("x", "e", false, "10.1.0.2/24"),
		"address 10.5.0.255/24 of x/e is its subnet's broadcast": port("x", "e", false, "10.5.0.255/24"),
		"address 10.5.0.1 stands twice":                          port("x", "e", false, "10.5.0.1/24", "10.5.0.1/24"),
		"subnet 10.1.0.0/16 of x/e overlaps 10.1.0.0/24 of cli":  port("x", "e", false, "10.1.9.1/16"),
		"subnet 10.5.0.0/16 of x/e overlaps 10.5.0.0/24 of x/e":  port("x", "e", false, "10.5.0.1/24", "10.5.9.1/16"),
		"there is a port client/eth0 already":                    port("client", "eth0", false, "10.5.0.1/24"),
		"PortConfig.Router of r1/z is false":                     port("r1", "z", false, "10.5.0.1/24"),
		`there is no host "nobody"`:                              route("nobody", "0.0.0.0/0", "10.0.0.1"),
		"Route.Destination 10.1.1.1/16 of r1":                    route("r1", "10.1.1.1/16", "10.0.0.2"),
		"Route.Gateway 10.2.0.1 of r1":                           route("r1", "0.0.0.0/0", "10.2.0.1"),
		"Route.Gateway 10.1.0.2 of r1":                           route("r1", "0.0.0.0/0", "10.1.0.2"),
		"Route.Gateway fd00::2 of r1":                            route("r1", "0.0.0.0/0", "fd00::2"),
		"Route.Gateway 10.0.0.1 of r1":                           route("r1", "0.0.0.0/0", "10.0.0.1"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if n.Port("x", "e") != nil || n.Port("client", "eth1") != nil {
		t.Error("a refused port is there")
	}
}
