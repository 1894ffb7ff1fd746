package worker

import (
	"io"
	"strings"
	"sync"
)

// tailMax bounds what a Tail keeps, in bytes.
const tailMax = 4 << 10

// Tail keeps the last 4 KiB that are written to it: what a program had to say
// when it ended. The zero value is empty. It may be used concurrently.
type Tail struct {
	mu   sync.Mutex
	kept []byte
}

var _ io.Writer = (*Tail)(nil)

// Write implements io.Writer and never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailMax; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

// Text is what is kept, without the white space around it.
func (t *Tail) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.kept))
}

// Line is Text as one line.
func (t *Tail) Line() string { return strings.Join(strings.Fields(t.Text()), " ") }
