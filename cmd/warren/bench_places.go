package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkPlaces finds out whether --json and --svg can be written, before the
// minutes that it takes to measure. It leaves nothing behind.
func (b *benchRun) checkPlaces() error {
	if b.samePlace() {
		return fmt.Errorf("--svg %s: is to be a directory, and --json %s a file: give another place", b.svg, b.json)
	}
	if b.json != "" {
		if err := checkFile(b.json); err != nil {
			return fmt.Errorf("--json: %w: give a file in a directory that can be written", err)
		}
	}
	if b.svg != "" {
		if err := checkDirectory(b.svg); err != nil {
			return fmt.Errorf("--svg: %w: give a directory that can be written", err)
		}
	}
	return nil
}

// samePlace reports whether --json and --svg would be in each other's way.
func (b *benchRun) samePlace() bool {
	file, dir := filepath.Clean(b.json), filepath.Clean(b.svg)
	return b.json != "" && b.svg != "" && (file == dir || strings.HasPrefix(dir, file+string(filepath.Separator)))
}

// checkFile opens a file for writing. Pipes and devices are left alone: their
// readers would notice.
func checkFile(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	f, opening := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o644)
	if opening != nil {
		return opening
	}
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(f.Close(), os.Remove(name))
	}
	return f.Close()
}

// checkDirectory makes a file in the directory or, where it is still to be made,
// in the nearest one above that exists.
func checkDirectory(name string) error {
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) && filepath.Dir(name) != name {
		return checkDirectory(filepath.Dir(name))
	}
	f, err := os.CreateTemp(name, ".warren-")
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", name, failed.Err)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
