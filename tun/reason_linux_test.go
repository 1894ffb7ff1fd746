//go:build !android

package tun

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMissingCloneSaysWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		err    error
		is     error
		remedy string
	}{
		{unix.ENOENT, fs.ErrNotExist, "modprobe tun"},
		{unix.ENODEV, unix.ENODEV, "--device /dev/net/tun"},
		{unix.EACCES, fs.ErrPermission, "run as root"},
		{unix.EMFILE, unix.EMFILE, "/dev/net/tun"},
	} {
		err := noClone(tt.err)
		if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.remedy) {
			t.Errorf("%v gives %q, want it to be %v and to say %q", tt.err, err, tt.is, tt.remedy)
		}
	}
}
