package onstack_test

import (
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport/onstack"
	"github.com/seed-731cb71d/warren/transport/transporttest"
)

// pipe joins two stacks, with the addresses 192.0.2.1 and 2001:db8::1 on the
// first and .2 and ::2 on the second.
func pipe(t *testing.T) (a, b *netstack.Stack) {
	t.Helper()
	la, lb := netstack.Pipe(1500)
	return stack(t, la, "192.0.2.1/24", "2001:db8::1/64"), stack(t, lb, "192.0.2.2/24", "2001:db8::2/64")
}

func stack(t *testing.T, link netstack.Link, addresses ...string) *netstack.Stack {
	t.Helper()
	nic := netstack.Interface{Link: link}
	for _, a := range addresses {
		nic.Addresses = append(nic.Addresses, netip.MustParsePrefix(a))
	}
	s, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{nic}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContractOverPipe(t *testing.T) {
	for _, addr := range []string{"192.0.2.1", "2001:db8::1"} {
		t.Run(addr, func(t *testing.T) {
			if testing.Short() && addr != "192.0.2.1" {
				t.Skip("short: IPv4 over the pipe stands for all")
			}
			transporttest.Run(t, func(t *testing.T) transporttest.Harness {
				a, b := pipe(t)
				return transporttest.Harness{
					Server: onstack.New(a), Client: onstack.New(b), Addr: netip.MustParseAddr(addr),
				}
			})
		})
	}
}

func TestContractInsideOneStack(t *testing.T) {
	if testing.Short() {
		t.Skip("short: IPv4 over the pipe stands for all")
	}
	transporttest.Run(t, func(t *testing.T) transporttest.Harness {
		s, err := netstack.New(netstack.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		n := onstack.New(s)
		return transporttest.Harness{Server: n, Client: n, Addr: netip.MustParseAddr("127.0.0.1")}
	})
}
