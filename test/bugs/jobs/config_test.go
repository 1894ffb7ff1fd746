package jobs

import (
	"context"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
)

func TestConfigMistakesAreNamed(t *testing.T) {
	work := func(b []byte) []byte { return b }
	dial := func(context.Context) (net.Conn, error) { return nil, nil }
	source := rand.New(rand.NewPCG(1, 1))
	server := func(cfg ServerConfig) error { _, err := NewServer(cfg); return err }
	client := func(cfg ClientConfig) error { _, err := NewClient(cfg); return err }
	for field, err := range map[string]error{
		"Work is nil":       server(ServerConfig{}),
		"Slots is -1":       server(ServerConfig{Work: work, Slots: -1}),
		"SessionsMax is -2": server(ServerConfig{Work: work, SessionsMax: -2}),
		"Idle is -1s":       server(ServerConfig{Work: work, Idle: -time.Second}),
		"Dial is nil":       client(ClientConfig{Rand: source}),
		"Rand is nil":       client(ClientConfig{Dial: dial}),
		"Window is -1":      client(ClientConfig{Dial: dial, Rand: source, Window: -1}),
		"Backoff -1s":       client(ClientConfig{Dial: dial, Rand: source, Backoff: -time.Second}),
	} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v, want an error about %q", err, field)
		}
	}
	if err := server(ServerConfig{Work: work}); err != nil {
		t.Error(err)
	}
	if err := client(ClientConfig{Dial: dial, Rand: source}); err != nil {
		t.Error(err)
	}
}
