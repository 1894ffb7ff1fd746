package report

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// formatVersion changes when a reader of the old format would misunderstand the
// new one.
const formatVersion = 1

// File is what --json writes: everything that was measured and what with.
type File struct {
	Format  int             `json:"format"`
	Machine Machine         `json:"machine"`
	Outcome *series.Outcome `json:"outcome"`
}

// Write writes a file that Read understands.
func Write(name string, m Machine, o *series.Outcome) error {
	text, err := json.MarshalIndent(File{Format: formatVersion, Machine: m, Outcome: o}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

// Read reads a file of Write's.
func Read(name string) (File, error) {
	var f File
	text, err := os.ReadFile(name)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: %w: give a file that warren bench --json has written", name, err)
	}
	if f.Format == formatVersion && f.Outcome == nil {
		return f, fmt.Errorf("%s: has no outcome: give a file that warren bench --json has written", name)
	}
	if f.Format != formatVersion {
		return f, fmt.Errorf("%s: has format %d, this version knows %d: give a file that warren bench --json has written", name, f.Format, formatVersion)
	}
	return f, nil
}
