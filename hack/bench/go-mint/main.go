// SPDX-License-Identifier: Apache-2.0

// Mints X.509-SVIDs with Go's standard library for the number of milliseconds given, on one core, and prints how many
// a second: P-256 key, leaf of the same profile, PKCS#8 and PEM of both; with "verify", a path check of each as well.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"time"
)

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func main() {
	runtime.GOMAXPROCS(1)
	milliseconds, err := strconv.Atoi(os.Args[1])
	check(err)
	verify := len(os.Args) > 2 && os.Args[2] == "verify"
	root := issueAuthority("root", nil)
	intermediate := issueAuthority("intermediate", &root)
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root.certificate)
	intermediates.AddCert(intermediate.certificate)

	end := time.Now().Add(time.Duration(milliseconds) * time.Millisecond)
	start, count := time.Now(), 0
	for time.Now().Before(end) {
		leaf := mint(intermediate)
		if verify {
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
			check(err)
		}
		count++
	}
	fmt.Printf("%.1f\n", float64(count)/time.Since(start).Seconds())
}

func mint(issuer authority) *x509.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	id, err := url.Parse("spiffe://example.org/ns/shop/sa/checkout")
	check(err)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), NotBefore: now.Add(-time.Minute), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, URIs: []*url.URL{id},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"checkout.shop", "checkout.shop.svc", "checkout.shop.svc.cluster.local"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, &key.PublicKey, issuer.key)
	check(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	leaf, err := x509.ParseCertificate(der)
	check(err)
	return leaf
}

func issueAuthority(name string, issuer *authority) authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Minute),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	check(err)
	certificate, err := x509.ParseCertificate(der)
	check(err)
	return authority{certificate, key}
}

func serial() *big.Int {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	check(err)
	return number
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
