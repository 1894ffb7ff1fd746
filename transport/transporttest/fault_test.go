//go:build linux

package transporttest_test

import (
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/transporttest"
)

// faultVariable tells the test binary, run again by TestSuiteFindsFaults,
// which fault TestFaulty puts into the kernel's sockets.
const faultVariable = "TRANSPORTTEST_FAULT"

// faults are ways to break the contract, and the subtests that must say so.
var faults = map[string]struct {
	listener func(transport.NetListener) transport.NetListener
	spec     func(*transport.ListenSpec)
	found    []string
}{
	"accepts ahead": {
		listener: func(l transport.NetListener) transport.NetListener { return &ahead{NetListener: l} },
		found:    []string{"IdleListenerLeavesItsBacklog"},
	},
	"last comes first": {
		listener: func(l transport.NetListener) transport.NetListener { return &ahead{NetListener: l, lastFirst: true} },
		found:    []string{"AcceptServesConnectionsInOrder"},
	},
	"reads ahead": {
		listener: func(l transport.NetListener) transport.NetListener { return readsAhead{l} },
		found:    []string{"PassiveDataStaysInTheNetwork"},
	},
	"backlog too large": {
		spec:  func(spec *transport.ListenSpec) { spec.Backlog++ },
		found: []string{"BacklogAdmitsOneMoreThanItsNumber", "BacklogZeroAdmitsOne"},
	},
}

// TestSuiteFindsFaults runs the suite on broken networks: a suite that passes
// there would be worth nothing.
func TestSuiteFindsFaults(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			run := "^TestFaulty$/^(" + strings.Join(fault.found, "|") + ")$"
			cmd := exec.Command(os.Args[0], "-test.run="+run, "-test.v")
			cmd.Env = append(os.Environ(), faultVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the suite passes:\n%s", out)
			}
			for _, subtest := range fault.found {
				if !strings.Contains(string(out), "--- FAIL: TestFaulty/"+subtest) {
					t.Errorf("%s does not fail:\n%s", subtest, out)
				}
			}
		})
	}
}

func TestFaulty(t *testing.T) {
	fault, ok := faults[os.Getenv(faultVariable)]
	if !ok {
		t.Skip("run by TestSuiteFindsFaults")
	}
	transporttest.Run(t, func(t *testing.T) transporttest.Harness {
		broken := faultyNetwork{Network: transport.Kernel(), listener: fault.listener, spec: fault.spec}
		return transporttest.Harness{Server: broken, Client: transport.Kernel(), Addr: netip.MustParseAddr("127.0.0.1")}
	})
}

type faultyNetwork struct {
	transport.Network
	listener func(transport.NetListener) transport.NetListener
	spec     func(*transport.ListenSpec)
}

func (n faultyNetwork) Listen(ctx context.Context, spec transport.ListenSpec) (transport.NetListener, error) {
	if n.spec != nil {
		n.spec(&spec)
	}
	l, err := n.Network.Listen(ctx, spec)
	if err != nil || n.listener == nil {
		return l, err
	}
	return n.listener(l), nil
}

// ahead takes all connections that wait when one is asked for.
type ahead struct {
	transport.NetListener
	lastFirst bool

	mu    sync.Mutex
	queue []transport.NetConn
}

func (a *ahead) TryAccept() (transport.NetConn, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c, err := a.NetListener.TryAccept(); err == nil; c, err = a.NetListener.TryAccept() {
		a.queue = append(a.queue, c)
	}
	if len(a.queue) == 0 {
		return nil, syscall.EAGAIN
	}
	at := 0
	if a.lastFirst {
		at = len(a.queue) - 1
	}
	c := a.queue[at]
	a.queue = slices.Delete(a.queue, at, at+1)
	return c, nil
}

// readsAhead gives out connections whose data somebody reads at once.
type readsAhead struct{ transport.NetListener }

func (l readsAhead) TryAccept() (transport.NetConn, error) {
	c, err := l.NetListener.TryAccept()
	if err != nil {
		return nil, err
	}
	c.Notify(func() {
		_, _ = io.Copy(io.Discard, tryReader{c})
	})
	return c, nil
}

type tryReader struct{ transport.NetConn }

func (r tryReader) Read(p []byte) (int, error) { return r.TryRead(p) }
