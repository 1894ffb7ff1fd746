package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// suffix ends the names of sockets.
const suffix = ".sock"

// DefaultPath is where the command that uses the device puts its socket: in
// $XDG_RUNTIME_DIR/warren; without that variable in /run/warren for root, or in
// a directory of the user's own below the temporary directory. It makes the
// directory, of mode 0700.
func DefaultPath(device string) (string, error) {
	var errs []error
	for _, dir := range directories() {
		err := ownDirectory(dir)
		if err == nil {
			return filepath.Join(dir, device+suffix), nil
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("no directory for the control socket: %w: set XDG_RUNTIME_DIR, or choose with --control PATH, or --control off", errors.Join(errs...))
}

// Find lists the sockets that stand where DefaultPath puts them, sorted. Some
// may be stale.
func Find() []string {
	var paths []string
	for _, dir := range directories() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // there is none, or it is not ours
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), suffix) && e.Type() == os.ModeSocket {
				paths = append(paths, filepath.Join(dir, e.Name()))
			}
		}
	}
	slices.Sort(paths)
	return paths
}

// directories are the candidates, the best first.
func directories() []string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return []string{filepath.Join(dir, "warren")}
	}
	own := filepath.Join(os.TempDir(), fmt.Sprintf("warren-%d", os.Getuid()))
	if os.Getuid() == 0 {
		return []string{"/run/warren", own}
	}
	return []string{own}
}

// ownDirectory makes dir, or makes sure that others cannot use it.
func ownDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: is no directory that only you can use: remove it, or chmod 0700 it", dir)
	}
	return nil
}
