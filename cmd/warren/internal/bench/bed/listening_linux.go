//go:build !android

package bed

import (
	"fmt"
	"os"
	"strings"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
)

// stateListen is TCP_LISTEN in the kernel's tables.
const stateListen = "0A"

// isListening reports whether somebody listens on the TCP port in the
// namespace, on whatever address, without connecting to it.
func isListening(n *namespace.Namespace, port uint16) (found bool, err error) {
	suffix := fmt.Sprintf(":%04X", port)
	err = n.Do(func() error {
		for _, table := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
			text, err := os.ReadFile(table)
			if err != nil && !os.IsNotExist(err) { // no tcp6 without IPv6
				return err
			}
			for line := range strings.Lines(string(text)) {
				fields := strings.Fields(line)
				if len(fields) > 3 && strings.HasSuffix(fields[1], suffix) && fields[3] == stateListen {
					found = true
				}
			}
		}
		return nil
	})
	return found, err
}
