//go:build !android

package namespace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// settings is where the kernel shows the calling thread's namespace its own
// values.
const settings = "/proc/sys"

// Set changes a setting of the namespace alone, by its name as sysctl(8) has
// it.
func (n *Namespace) Set(name, value string) error {
	return n.Do(func() error {
		if err := os.WriteFile(settingFile(name), []byte(value), 0); err != nil {
			return fmt.Errorf("setting %s to %q: %w: /proc/sys must be writable", name, value, err)
		}
		return nil
	})
}

// Setting reads a setting of the namespace.
func (n *Namespace) Setting(name string) (value string, err error) {
	err = n.Do(func() error {
		text, err := os.ReadFile(settingFile(name))
		value = strings.TrimSpace(string(text))
		return err
	})
	return value, err
}

func settingFile(name string) string {
	return filepath.Join(settings, strings.ReplaceAll(name, ".", "/"))
}
