//go:build linux || darwin || freebsd

package pool_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

func TestConnHandlerCarriesTLS(t *testing.T) {
	certificate, roots := selfSigned(t)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	p := start(t, pool.Config{Handler: pool.ConnHandler(func(_ context.Context, c net.Conn) {
		secure := tls.Server(c, config)
		defer secure.Close()
		_, _ = io.Copy(secure, secure)
	})})
	c := tls.Client(dial(t, addr(t, p)), &tls.Config{RootCAs: roots, ServerName: "warren.test"})
	wantEcho(t, c, "in secret")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c); len(rest) != 0 || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
}

// TestHandedOverConnectionOutlivesThePool: the handler gives its socket away
// and returns, as one does who upgrades a connection.
func TestHandedOverConnectionOutlivesThePool(t *testing.T) {
	node := newNode(t, transport.Kernel())
	keeper := node.NewOwner("keeper")
	kept := make(chan *transport.Socket, 1)
	p := start(t, pool.Config{Node: node, ConnectionsMax: 1, Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
		if err := tcp.ControllingProcess(s, keeper); err != nil {
			t.Error(err)
		}
		kept <- s
	}})
	c := dial(t, addr(t, p))
	s := <-kept
	wait.Until(t, func() bool { return p.Info().Active == 0 }, "the connection counts no longer")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	go echo(context.Background(), keeper.TCP(), s)
	wantEcho(t, c, "still here")
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"warren.test"}, IsCA: true,
		NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func ExampleStart() {
	node, err := transport.NewNode(transport.Config{Network: transport.Kernel()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Close()
	p, err := pool.Start(pool.Config{
		Node:    node,
		Options: []transport.Option{transport.IPLoopback(), transport.Packet(transport.PacketLine)},
		Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
			line, err := tcp.Receive(s, 0, transport.Infinity)
			if err == nil {
				_ = tcp.Send(s, []any{"you said: ", line.Data})
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	at, _ := p.Addr()
	c, err := net.Dial("tcp", at.String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Fprintln(c, "hello")
	answer, _ := io.ReadAll(c)
	fmt.Printf("%s", answer)
	// Output: you said: hello
}
