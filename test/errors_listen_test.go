//go:build linux && !android

package test

import (
	"net"
	"testing"
	"time"
)

// deadliner is what package net's and the stack's listeners add.
type deadliner interface{ SetDeadline(t time.Time) error }

// listenText is a case of a Listen that fails because of its words.
func listenText(name, network string, address func(errorArm) string) errorCase {
	return errorCase{name, func(_ *testing.T, arm errorArm) error {
		l, err := arm.listen(network, address(arm))
		if err == nil {
			l.Close()
		}
		return err
	}}
}

// listenCase is a case that needs a listener.
func listenCase(name string, run func(l net.Listener) error) errorCase {
	return errorCase{name, func(t *testing.T, arm errorArm) error { return run(mustListen(t, arm)) }}
}

func accept(l net.Listener) error {
	c, err := l.Accept()
	if err == nil {
		c.Close()
	}
	return err
}

var listenErrorCases = []errorCase{
	{"port in use", func(t *testing.T, arm errorArm) error {
		_, err := arm.listen("tcp", mustListen(t, arm).Addr().String())
		return err
	}},
	{"port in use by all addresses", func(t *testing.T, arm errorArm) error {
		all, err := arm.listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		defer all.Close()
		_, port, _ := net.SplitHostPort(all.Addr().String())
		_, err = arm.listen("tcp4", net.JoinHostPort(arm.host4, port))
		return err
	}},
	listenText("address not ours", "tcp", func(arm errorArm) string { return net.JoinHostPort(arm.elsewhere, "0") }),
	listenText("IPv6 address not ours", "tcp", func(arm errorArm) string { return net.JoinHostPort(arm.elsewhere6, "0") }),
	listenText("listen on the wrong family", "tcp6", func(arm errorArm) string { return net.JoinHostPort(arm.host4, "0") }),
	listenText("listen port out of range", "tcp", text("127.0.0.1:65536")),
	listenText("listen without a port", "tcp", text("127.0.0.1")),
	listenText("listen on an unknown network", "tcp5", text("127.0.0.1:0")),
	listenCase("listener closed in accept", func(l net.Listener) error {
		later(func() { l.Close() })
		return accept(l)
	}),
	listenCase("accept after close", func(l net.Listener) error { l.Close(); return accept(l) }),
	listenCase("listener closed twice", func(l net.Listener) error { l.Close(); return l.Close() }),
	listenCase("accept deadline", func(l net.Listener) error {
		l.(deadliner).SetDeadline(time.Now().Add(time.Millisecond))
		return accept(l)
	}),
	listenCase("accept deadline in the past", func(l net.Listener) error {
		l.(deadliner).SetDeadline(time.Unix(1, 0))
		return accept(l)
	}),
	listenCase("deadline of a closed listener", func(l net.Listener) error {
		l.Close()
		return l.(deadliner).SetDeadline(time.Time{})
	}),
}
