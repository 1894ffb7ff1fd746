package netstack

import (
	"testing"
	"time"
)

func TestStackOverPipesHasDefaultsOfItsOwn(t *testing.T) {
	a, b := Pipe(1500)
	plain, err := New(Config{Interfaces: []Interface{{Link: a}}})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if c := plain.cfg.TCP; !c.NoRACK || c.RTOMin != pipeRTOMin || c.SendBuffer != pipeSendBuffer || c.ReceiveBuffer != pipeReceiveBuffer {
		t.Errorf("over a pipe: %+v", c)
	}
	decorated, err := New(Config{Interfaces: []Interface{{Link: struct{ Link }{b}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer decorated.Close()
	if c := decorated.cfg.TCP; c.NoRACK || c.RTOMin != minRTODefault || c.SendBuffer != bufferDefault || c.ReceiveBuffer != bufferDefault {
		t.Errorf("over a decorated pipe, which may lose: %+v", c)
	}
}

func TestDefaultsOverPipesLeaveWhatIsSet(t *testing.T) {
	set := TCPConfig{RTOMin: 5 * time.Millisecond, SendBuffer: BufferBytes{Max: 1 << 20}, ReceiveBuffer: BufferBytes{Default: 1 << 16}}
	got := set.overPipes()
	set.NoRACK = true
	if got != set {
		t.Errorf("%+v became %+v", set, got)
	}
	if c := (TCPConfig{RTOMax: 300 * time.Millisecond}).overPipes().withDefaults(); c.RTOMin > c.RTOMax {
		t.Errorf("RTOMin %v is above RTOMax %v", c.RTOMin, c.RTOMax)
	}
}
