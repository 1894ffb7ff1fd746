package test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/rpc"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
)

// Arithmetic is a service for net/rpc.
type Arithmetic struct{}

// Square is the service's one method.
func (Arithmetic) Square(n int, result *int) error {
	*result = n * n
	return nil
}

func TestRPC(t *testing.T) {
	near, far := pipeStacks(t, netstack.Config{})
	server := rpc.NewServer()
	if err := server.Register(Arithmetic{}); err != nil {
		t.Fatal(err)
	}
	l, err := far.Listen(context.Background(), "tcp", ":4000")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go server.ServeConn(c)
		}
	}()
	c, err := near.DialContext(context.Background(), "tcp", "[2001:db8::2]:4000")
	if err != nil {
		t.Fatal(err)
	}
	client := rpc.NewClient(c)
	defer client.Close()
	calls := make(chan *rpc.Call, 100)
	for i := range cap(calls) {
		client.Go("Arithmetic.Square", i, new(int), calls)
	}
	for range cap(calls) {
		call := <-calls
		if n := call.Args.(int); call.Error != nil || *call.Reply.(*int) != n*n {
			t.Errorf("square of %d: %d, %v", n, *call.Reply.(*int), call.Error)
		}
	}
}

// TestTLSHalfClose sends 1 MiB each way over TLS, the answer after the
// question's close_notify.
func TestTLSHalfClose(t *testing.T) {
	c1, c2, stop, err := pipeConns(t, "192.0.2.2:443")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	cert, pool := certificate(t, net.IPv4(192, 0, 2, 2))
	client := tls.Client(c1, &tls.Config{RootCAs: pool, ServerName: "192.0.2.2"})
	server := tls.Server(c2, &tls.Config{Certificates: []tls.Certificate{cert}})
	question, answer := make([]byte, 1<<20), make([]byte, 1<<20)
	rand.Read(question)
	rand.Read(answer)
	served := make(chan error, 1)
	go func() {
		got, err := io.ReadAll(server)
		if err == nil && !bytes.Equal(got, question) {
			t.Error("the question arrived changed")
		}
		server.Write(answer)
		served <- err
		server.Close()
	}()
	if _, err := client.Write(question); err != nil {
		t.Fatal(err)
	}
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, answer) {
		t.Errorf("answer: %d bytes, %v", len(got), err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestCopyUsesTheStreamsOwnMethods copies with io.Copy, which prefers WriteTo
// and ReadFrom, through a third party.
func TestCopyUsesTheStreamsOwnMethods(t *testing.T) {
	in, relayIn, stopIn, err := pipeConns(t, "192.0.2.2:1")
	if err != nil {
		t.Fatal(err)
	}
	defer stopIn()
	relayOut, out, stopOut, err := pipeConns(t, "192.0.2.2:1")
	if err != nil {
		t.Fatal(err)
	}
	defer stopOut()
	want := make([]byte, 8<<20)
	rand.Read(want)
	go func() {
		in.Write(want)
		in.(*netstack.Conn).CloseWrite()
	}()
	go func() {
		io.Copy(relayOut, relayIn)
		relayOut.(*netstack.Conn).CloseWrite()
	}()
	if got, err := io.ReadAll(out); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want the same %d", len(got), err, len(want))
	}
}
