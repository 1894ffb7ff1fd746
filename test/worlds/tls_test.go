package worlds

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/seed-731cb71d/warren/sim"
)

// certificate is the same in every process: all of it follows from one seed.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"srv"},
		NotBefore: sim.Start, NotAfter: sim.Start.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secret lets clients shake hands one after the other, because all of them
// draw from the random source of the process, and then converse at the same
// time.
func secret(t *testing.T, w *sim.World) {
	cryptotest.SetGlobalRandom(t, w.Seed())
	cert := certificate(t)
	roots := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	server := &tls.Config{Certificates: []tls.Certificate{cert}, Time: w.Host("srv").Now}
	if err := serve(w.Host("srv"), ":443", func(c net.Conn) { echoes(tls.Server(c, server)) }); err != nil {
		t.Fatal(err)
	}
	all := newCrew(t, w)
	for i, h := range w.Hosts()[1:] {
		all.start(h, "whisper", func() error {
			h.Sleep(time.Duration(i) * 200 * time.Millisecond)
			c, err := h.Dial("tcp", "srv:443")
			if err != nil {
				return err
			}
			client := tls.Client(c, &tls.Config{RootCAs: roots, ServerName: "srv", Time: h.Now})
			if err := client.Handshake(); err != nil {
				return err
			}
			h.Sleep(time.Duration(len(w.Hosts())-i) * 200 * time.Millisecond)
			return exchange(h, client, 15, 3000, 0)
		})
	}
	all.wait()
}
