package sim

import (
	"io"
	"strings"
	"testing"
	"time"
)

// TestEndlessInstant lets a host talk to itself, which takes no time, until a
// timer that never comes.
func TestEndlessInstant(t *testing.T) {
	w := Must(New(Config{}))
	w.instant.most = 1000
	h := w.Host("alone")
	l := Must(h.Listen("tcp", ":7"))
	ended := 0
	h.Go("echo", func() {
		c := Must(l.Accept())
		io.Copy(c, c)
		ended++
	})
	h.Go("talk", func() {
		c := Must(h.Dial("tcp", "alone:7"))
		b := make([]byte, 1)
		for {
			if _, err := c.Write(b); err != nil {
				break
			}
			if _, err := c.Read(b); err != nil {
				break
			}
		}
		ended++
	})
	w.RunFor(time.Second)
	err := w.Close()
	if want := "programs have gone on 1000 times at 0s and no time passes"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	if ended != 2 {
		t.Errorf("%d programs have ended, want both", ended)
	}
}
