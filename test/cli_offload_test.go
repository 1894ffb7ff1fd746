//go:build linux && !android

package test

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/tun"
)

// testCLIOffload serves with each value of --offload and has stat tell who cuts
// and joins.
func testCLIOffload(t *testing.T) {
	d, err := tun.Open(tun.Config{})
	if err != nil {
		t.Fatal(err)
	}
	kernelHasIt := d.Offload() == nil
	d.Close()
	for _, offload := range []string{"on", "auto", "off"} {
		if offload == "on" && !kernelHasIt {
			continue
		}
		c, path := startServe(t, "echo", "--offload", offload)
		echoOnce(t, net.JoinHostPort(cliStack4, "7"))
		report := offloadReport(t, path)
		on := kernelHasIt && offload != "off"
		if want := map[bool]string{true: "on", false: "off: "}[on]; !strings.HasPrefix(report.Offload, want) {
			t.Errorf("--offload %s: stat says %q, want %q", offload, report.Offload, want)
		}
		for _, i := range report.Stats.Interfaces {
			if i.Name == "w0" && (i.Offload.SuperPacketsIn > 0) != on {
				t.Errorf("--offload %s: %+v", offload, i.Offload)
			}
		}
		c.interrupt(t)
		c.wantExit(t, cliOK)
		wantGone(t, path)
	}
}

// offloadReport is what stat --json says of the offload.
func offloadReport(t *testing.T, path string) (report struct {
	Offload string
	Stats   struct{ Interfaces []netstack.InterfaceStats }
}) {
	t.Helper()
	c := startCLI(t, "stat", "--json", path)
	c.wantExit(t, cliOK)
	if err := json.NewDecoder(strings.NewReader(c.stdout.String())).Decode(&report); err != nil {
		t.Fatal(err)
	}
	return report
}

// echoOnce has a megabyte echoed.
func echoOnce(t *testing.T, address string) {
	t.Helper()
	const bytes = 1 << 20
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(tunGuard)); err != nil {
		t.Fatal(err)
	}
	go io.CopyN(onlyWriter{conn}, testStream(1), bytes)
	if err := receiveStream(io.LimitReader(conn, bytes), 1, bytes); err != nil {
		t.Errorf("echo: %v", err)
	}
}
