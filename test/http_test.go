package test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// webSite is an HTTP server on one stack and a client on another.
type webSite struct {
	client *http.Client
	url    string
	near   *netstack.Stack
	far    *netstack.Stack
}

// serveWeb serves h at the far end of a Pipe, with TLS if secure is set.
func serveWeb(t *testing.T, h http.Handler, secure bool, protocols func(*http.Protocols)) webSite {
	t.Helper()
	near, far := pipeStacks(t, netstack.Config{})
	l, err := far.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	p := new(http.Protocols)
	protocols(p)
	// A client that closes its idle connections in mid-handshake is no news.
	server := &http.Server{Handler: h, Protocols: p, ErrorLog: log.New(io.Discard, "", 0)}
	transport := &http.Transport{DialContext: near.DialContext, Protocols: p}
	site := webSite{&http.Client{Transport: transport}, "http://192.0.2.2:80", near, far}
	serve := server.Serve
	if secure {
		cert, pool := certificate(t, net.IPv4(192, 0, 2, 2))
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		site.url = "https://192.0.2.2:80"
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		if err := <-ended; err != http.ErrServerClosed {
			t.Errorf("the server ended with %v", err)
		}
	})
	return site
}

// certificate makes a certificate of its own for an address.
func certificate(t testing.TB, ip net.IP) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{ip},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// webKinds are the ways in which the suite speaks HTTP.
var webKinds = []struct {
	name      string
	secure    bool
	protocols func(*http.Protocols)
	proto     string
}{
	{"HTTP/1.1", false, func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/1.1"},
	{"HTTP/1.1 over TLS", true, func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/1.1"},
	{"HTTP/2 over TLS", true, func(p *http.Protocols) { p.SetHTTP2(true) }, "HTTP/2.0"},
	{"HTTP/2 in the clear", false, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, "HTTP/2.0"},
}

func TestHTTP(t *testing.T) {
	for _, kind := range webKinds {
		t.Run(kind.name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("/echo", echoBody)
			mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
			site := serveWeb(t, mux, kind.secure, kind.protocols)
			site.hello(t, kind.proto)
			site.echo(t)
			site.stream(t)
			site.many(t)
		})
	}
}

func echoBody(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	control.EnableFullDuplex() // HTTP/1 needs to be told; HTTP/2 answers that it is not needed
	w.WriteHeader(http.StatusOK)
	control.Flush()
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Body.Read(buf)
		if _, werr := w.Write(buf[:n]); werr != nil {
			return
		}
		control.Flush()
		if err != nil {
			return
		}
	}
}

func (s webSite) hello(t *testing.T, proto string) {
	t.Helper()
	if got, err := s.get("/hello"); err != nil || got != proto {
		t.Errorf("GET /hello: %q, %v; want %q", got, err, proto)
	}
}

func (s webSite) get(path string) (string, error) {
	resp, err := s.client.Get(s.url + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// echo posts 4 MiB and expects them back.
func (s webSite) echo(t *testing.T) {
	t.Helper()
	want := make([]byte, 4<<20)
	rand.Read(want)
	resp, err := s.client.Post(s.url+"/echo", "application/octet-stream", bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, want) {
		t.Errorf("echo: %d bytes back, %v; want the same %d", len(got), err, len(want))
	}
}

// stream sends a line only after the one before has come back.
func (s webSite) stream(t *testing.T) {
	t.Helper()
	body, w := io.Pipe()
	defer w.Close()
	resp, err := s.client.Post(s.url+"/echo", "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i := range 20 {
		want := fmt.Sprintf("line %2d\n", i)
		go io.WriteString(w, want)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != want {
			t.Fatalf("stream: read %q, %v; want %q", got, err, want)
		}
	}
}

// many asks 1,000 times at once (100 times under -short).
func (s webSite) many(t *testing.T) {
	t.Helper()
	requests := 1000
	if testing.Short() {
		requests = 100
	}
	var wg sync.WaitGroup
	failed := make(chan error, requests)
	for range cap(failed) {
		wg.Go(func() {
			if _, err := s.get("/hello"); err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Errorf("of %d requests at once: %v", requests, err)
		break
	}
	s.client.CloseIdleConnections()
}
