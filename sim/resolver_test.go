package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/fault"
)

func addrs(texts ...string) []netip.Addr {
	var list []netip.Addr
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

// naming is a world with hosts cli and db, and the name www.
func naming(w *World) (cli *Host) {
	dual := func(cfg *HostConfig) { cfg.Family = DualStack }
	cli = w.Host("cli", dual)
	w.Host("db", dual, boot(bootEcho))
	w.check(w.AddName("www.example.com", addrs("10.0.0.2", "fd00::2")...))
	w.Wait()
	return cli
}

func TestNamesAreResolved(t *testing.T) {
	inBoth(t, Config{}, func(t *testing.T, w *World) {
		cli, ctx := naming(w), context.Background()
		for _, test := range []struct {
			network, name string
			want          []netip.Addr
		}{
			{"ip", "db", addrs("10.0.0.2", "fd00::2")},
			{"ip4", "db", addrs("10.0.0.2")},
			{"ip6", "db", addrs("fd00::2")},
			{"ip", "DB.", addrs("10.0.0.2", "fd00::2")},
			{"ip", "WWW.example.com", addrs("10.0.0.2", "fd00::2")},
		} {
			got, err := cli.LookupNetIP(ctx, test.network, test.name)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s %s: %v, %v", test.network, test.name, got, err)
			}
		}
		c := Must(cli.Dial("tcp6", "www.example.com:7"))
		if got := c.RemoteAddr().String(); got != "[fd00::2]:7" {
			t.Errorf("connected to %s", got)
		}
		w.check(w.AddName("www.example.com", addrs("fd00::9", "10.0.0.9")...))
		if got := Must(cli.LookupNetIP(ctx, "ip", "www.example.com")); !slices.Equal(got, addrs("fd00::9", "10.0.0.9")) {
			t.Errorf("after the change: %v", got)
		}
		wantNow(t, w, 0, "all that")
	})
}

func TestUnknownNames(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	cli := naming(w)
	for name, want := range map[string]string{
		"cly":             `lookup cly: no such host: did you mean "cli"?`,
		"www.exampel.com": `lookup www.exampel.com: no such host: did you mean "www.example.com"?`,
		"cache":           `lookup cache: no such host: there is cli, db, www.example.com`,
	} {
		_, err := cli.Dial("tcp", name+":7")
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsNotFound || dns.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	w.check(w.AddName("v4only", addrs("10.0.0.2")...))
	if _, err := cli.LookupNetIP(context.Background(), "ip6", "v4only"); err == nil || err.Error() != "lookup v4only: no such host" {
		t.Errorf("a name without IPv6: %v", err)
	}
	if _, err := cli.LookupNetIP(context.Background(), "tcp", "db"); err == nil || !strings.Contains(err.Error(), "give ip, ip4 or ip6") {
		t.Errorf("a wrong network: %v", err)
	}
}

func TestNamesThatCannotBeAdded(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	naming(w)
	for want, err := range map[string]error{
		`the name is "a b": it must be letters`:               w.AddName("a b", addrs("10.0.0.1")...),
		"x has no addresses: give one at least":               w.AddName("x"),
		"224.0.0.1 of x: it must be a unicast":                w.AddName("x", addrs("10.0.0.1", "224.0.0.1")...),
		"::ffff:10.0.0.1 of x: it must be a unicast":          w.AddName("x", addrs("::ffff:10.0.0.1")...),
		"CLI. is a host or router, whose addresses are known": w.AddName("CLI.", addrs("10.0.0.1")...),
		"invalid IP of x: it must be a unicast IPv4 or IPv6 ": w.AddName("x", netip.Addr{}),
	} {
		if want = strings.TrimSpace(want); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestNameServiceFaults looks at how long a lookup takes and how it ends.
func TestNameServiceFaults(t *testing.T) {
	own := addrs("10.0.0.2", "fd00::2")
	for _, test := range []struct {
		fault string
		takes time.Duration
		want  []netip.Addr // nil: an error
		err   string
		hits  uint64
	}{
		{"dns late=2s", 2 * time.Second, own, "", 2},
		{"dns late=5s", 10 * time.Second, nil, "lookup db: i/o timeout", 4},
		{"dns lost", 10 * time.Second, nil, "lookup db: i/o timeout", 4},
		{"dns lost nth=1", 5 * time.Second, own, "", 2},
		{"dns lost end=1s", 5 * time.Second, own, "", 2},
		{"dns lost record=aaaa", 10 * time.Second, own[:1], "", 2},
		{"dns late=3s nth=2 record=a", 0, own, "", 0},
		{"dns notfound", 0, nil, "lookup db: no such host", 2},
		{"dns notfound record=a", 0, own[1:], "", 1},
		{"dns failed", 0, nil, "lookup db: server misbehaving", 4},
		{"dns failed nth=1", 0, own, "", 2},
		{"dns answer=10.0.0.66", 0, addrs("10.0.0.66"), "", 2},
		{"dns answer=fd00::66,10.0.0.66", 0, addrs("10.0.0.66", "fd00::66"), "", 2},
		{"dns lost names=cache", 0, own, "", 0},
		{"dns lost from=db", 0, own, "", 0},
	} {
		t.Run(test.fault, func(t *testing.T) {
			inBoth(t, Config{}, func(t *testing.T, w *World) {
				cli := naming(w)
				h := w.Fault(Must(fault.Parse(test.fault)))
				got, err := cli.LookupNetIP(context.Background(), "ip", "db")
				if !slices.Equal(got, test.want) || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
					t.Errorf("%v, %v; want %v, %q", got, err, test.want, test.err)
				}
				wantNow(t, w, test.takes, "the answer")
				if h.Hits() != test.hits {
					t.Errorf("%d hits, want %d", h.Hits(), test.hits)
				}
			})
		})
	}
}

// TestTimeoutsOfTheNameService are those of a resolver, and shorter ones.
func TestTimeoutsOfTheNameService(t *testing.T) {
	inBoth(t, Config{}, func(t *testing.T, w *World) {
		cli := naming(w)
		h := w.Fault(fault.DNS{Lost: true})
		_, err := cli.Dial("tcp", "db:7")
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsTimeout || !dns.Temporary() || dns.IsNotFound {
			t.Errorf("a lookup without an answer: %#v", err)
		}
		wantNow(t, w, 10*time.Second, "two tries")
		_, err = cli.DialTimeout("tcp", "db:7", 3*time.Second)
		if n, ok := err.(net.Error); !ok || !n.Timeout() {
			t.Errorf("a dial with a timeout of its own: %v", err)
		}
		wantNow(t, w, 13*time.Second, "the dial's own timeout")
		h.Remove()
		c := Must(cli.Dial("tcp", "db:7"))
		Must(c.Write([]byte("x")))
		Must(io.ReadFull(c, make([]byte, 1)))
		wantNow(t, w, 13*time.Second, "after the fault")
	})
}

// TestFallbackFromAForgedAddress: the answer has a wrong IPv6 address, where
// nobody is, before the right one. The other family is tried after 300 ms (RFC
// 8305), and wins.
func TestFallbackFromAForgedAddress(t *testing.T) {
	inBoth(t, Config{}, func(t *testing.T, w *World) {
		cli := naming(w)
		w.Fault(fault.DNS{Record: fault.RecordA, Answer: addrs("10.0.0.66")})
		c := Must(cli.Dial("tcp", "db:7"))
		if got := c.RemoteAddr().String(); got != "[fd00::2]:7" {
			t.Errorf("connected to %s", got)
		}
		wantNow(t, w, 300*time.Millisecond, "the connection")
	})
}

// TestLookupEndsWithItsHost, when that crashes and when the world ends.
func TestLookupEndsWithItsHost(t *testing.T) {
	inBoth(t, Config{}, func(t *testing.T, w *World) {
		cli := naming(w)
		w.Fault(fault.DNS{Lost: true})
		var errs []error
		dial := func(h *Host) {
			h.Go("dial", func() {
				_, err := h.Dial("tcp", "db:7")
				errs = append(errs, err)
			})
		}
		dial(cli)
		w.RunFor(time.Second)
		cli.Crash()
		w.Wait()
		if len(errs) != 1 || !errors.Is(errs[0], net.ErrClosed) {
			t.Errorf("the lookup ended with %v", errs)
		}
		if _, err := cli.LookupNetIP(context.Background(), "ip", "db"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a lookup of a host that is down: %v", err)
		}
		dial(w.Host("other"))
		w.RunFor(time.Second)
		wantNow(t, w, 2*time.Second, "the end")
	})
}

var _ netstack.Resolver = resolver{}
