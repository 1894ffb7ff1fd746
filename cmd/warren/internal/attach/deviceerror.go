package attach

import (
	"errors"
	"io/fs"
	"regexp"
	"runtime"
	"strings"
)

// deviceError is an error of package tun in the words of the command line.
type deviceError struct {
	text string
	err  error
}

func (e *deviceError) Error() string { return e.text }

func (e *deviceError) Unwrap() error { return e.err }

// The fields that package tun names, and the flags that the user knows.
var (
	addressField = regexp.MustCompile(`Config\.Addresses\[\d+\]`)
	routeField   = regexp.MustCompile(`Config\.Routes\[\d+\]`)
	fieldFlags   = strings.NewReplacer("tun: ", "", "Config.Name", "--tun", "Config.MTU", "--mtu", "Config.Offload", "--offload", "OffloadAuto", "--offload auto")
)

// explain turns an error of package tun, which names the fields of its
// configuration, into one that names the flags, and adds the way that needs no
// rights.
func explain(err error) error {
	text := addressField.ReplaceAllString(err.Error(), "--host-addr")
	text = routeField.ReplaceAllString(text, "the route to")
	text = fieldFlags.Replace(text)
	if errors.Is(err, fs.ErrPermission) && runtime.GOOS == "linux" {
		text += "; or run it in a network of its own, which needs no rights (unshare -rn)"
	}
	return &deviceError{text: text, err: err}
}
