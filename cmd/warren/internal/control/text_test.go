package control

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

func TestWriteTextShowsWhatIsNotZero(t *testing.T) {
	r := Report{
		Command: "serve http", PID: 7, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Device: "w0", MTU: 1500, Offload: "off: w0 has none",
		Service: map[string]any{"requests": 3, "directory": "d"},
		Sockets: []Socket{{Text: "tcp LISTEN a line"}},
	}
	r.Stats.PacketsIn = 12
	r.Stats.TCP.ResetsOut = 4
	r.Stats.Interfaces = []netstack.InterfaceStats{{Name: "lo"}, {Name: "w0", LinkDrops: 5}}
	r.Stats.Sockets.TCP = map[string]int{"TIME-WAIT": 2, "LISTEN": 1}
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `serve http, process 7, since 2026-01-02 03:04:05
device w0, MTU 1500, addresses 
offload off: w0 has none
directory d
requests 3

Net State       Recv-Q Local                   Remote
tcp LISTEN a line

PacketsIn                    12
Interfaces.w0.LinkDrops      5
TCP.ResetsOut                4
Sockets.TCP.LISTEN           1
Sockets.TCP.TIME-WAIT        2
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if strings.Contains(b.String(), "Retransmits") {
		t.Error("a counter that is zero is shown")
	}
}
