package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"time"
)

// reportBytesMax bounds what Ask reads: 65,536 sockets have room in it.
const reportBytesMax = 64 << 20

// Ask returns the report of the command that serves the socket at path.
func Ask(ctx context.Context, path string) (Report, error) {
	dialer := net.Dialer{Timeout: answerTimeout}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return Report{}, fmt.Errorf("control socket %s: %w: is its warren serve still running?", path, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * answerTimeout)); err != nil {
		return Report{}, err
	}
	var report Report
	if err := json.NewDecoder(io.LimitReader(conn, reportBytesMax)).Decode(&report); err != nil {
		return Report{}, fmt.Errorf("control socket %s: reading the report: %w: is it a socket of warren serve?", path, err)
	}
	return report, nil
}
