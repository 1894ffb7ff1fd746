package fq

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestConfigIsRefusedWithItsField(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		says []string
	}{
		{Config{Queues: -1}, []string{"Queues", "-1", "65536"}},
		{Config{Queues: 65537}, []string{"Queues", "65537"}},
		{Config{QuantumBytes: -1}, []string{"QuantumBytes", "-1"}},
		{Config{QuantumBytes: 255}, []string{"QuantumBytes", "255", "256"}},
		{Config{QuantumBytes: 1<<20 + 1}, []string{"QuantumBytes", "1048577"}},
		{Config{Interval: -1}, []string{"Interval", "-1ns"}},
		{Config{Interval: 2 * time.Hour}, []string{"Interval", "2h"}},
		{Config{Target: time.Second}, []string{"Target", "1s", "Interval of 100ms"}},
		{Config{Interval: time.Millisecond}, []string{"Target", "5ms", "Interval of 1ms"}},
		{Config{PacketsMax: -1, MemoryBytesMax: -1}, []string{"PacketsMax", "MemoryBytesMax", "bound"}},
		{Config{Entropy: strings.NewReader("short")}, []string{"Entropy", "16 bytes"}},
	} {
		l, err := New(newSlowLink(), c.cfg)
		if err == nil {
			_ = l.Close()
			t.Errorf("New accepted %+v", c.cfg)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%+v: error %q does not say %q", c.cfg, err, s)
			}
		}
	}
	if _, err := New(nil, Config{}); err == nil || !strings.Contains(err.Error(), "inner") {
		t.Errorf("New(nil): error %v, want one about inner", err)
	}
}

func TestEntropyFailureKeepsItsCause(t *testing.T) {
	_, err := New(newSlowLink(), Config{Entropy: strings.NewReader("")})
	if !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want one that is io.EOF", err)
	}
}

func TestZeroConfigIsTheRFCs(t *testing.T) {
	var c Config
	if c.queues() != 1024 || c.quantumBytes() != 1514 || c.packetsMax() != 10240 || c.memoryBytesMax() != 32<<20 ||
		c.target() != 5*time.Millisecond || c.interval() != 100*time.Millisecond || c.batchBytes() != 4*1514 {
		t.Errorf("defaults: %d queues, quantum %d, %d packets, %d bytes, target %v, interval %v, batch %d",
			c.queues(), c.quantumBytes(), c.packetsMax(), c.memoryBytesMax(), c.target(), c.interval(), c.batchBytes())
	}
	if one := (Config{BatchBytes: -1}).batchBytes(); one != 1 {
		t.Errorf("a negative BatchBytes is a batch of %d bytes, want 1: one packet", one)
	}
}
