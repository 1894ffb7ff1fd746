package sim

import (
	"testing"
	"time"
)

// inBoth runs a test in a bubble and in a cooperative world. Its programs are
// started with Host.Go and wait for nothing but their hosts, as the latter
// wants it.
func inBoth(t *testing.T, cfg Config, f func(t *testing.T, w *World)) {
	t.Run("bubble", func(t *testing.T) { cfg.Test(t, f) })
	t.Run("cooperative", func(t *testing.T) {
		w, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(t, w)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// link10 is a world whose paths take 10 ms each way.
var link10 = Config{Path: PathConfig{Delay: 10 * time.Millisecond}}

// wantNow compares the virtual time.
func wantNow(t *testing.T, w *World, want time.Duration, what string) {
	t.Helper()
	if got := w.Now(); got != want {
		t.Errorf("%s: at %v, want %v", what, got, want)
	}
}
