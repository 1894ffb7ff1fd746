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
	Format  int     `json:"format"` // set by Write
	Machine Machine `json:"machine"`
	// Settings may be nil: older files do not have them.
	Settings *Settings       `json:"settings,omitempty"`
	Outcome  *series.Outcome `json:"outcome"`
}

// Write writes a file that Read understands.
func Write(name string, f File) error {
	f.Format = formatVersion
	text, err := json.MarshalIndent(f, "", "\t")
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
