// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var spiffePattern = regexp.MustCompile(`^spiffe://[a-z0-9._-]{1,255}(/[a-zA-Z0-9._-]+)+$`)

// judging decides on a peer whose chain is sound: TLS knows who signed a certificate, not whose it is or whom we allow.
// It is called in every handshake; an error ends the connection before a byte is read.
func (own *identity) judging(allowed []string) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the peer showed no certificate")
		}
		id, err := spiffeID(state.PeerCertificates[0])
		switch {
		case err != nil:
			return err
		case trustDomainOf(id) != trustDomainOf(own.id):
			return fmt.Errorf("%s is of another trust domain", id)
		case allowed != nil && !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, id) }):
			return fmt.Errorf("%s is not allowed", id)
		}
		return nil
	}
}

// spiffeID is the only URI name of a workload's certificate (X509-SVID 2).
func spiffeID(certificate *x509.Certificate) (string, error) {
	if len(certificate.URIs) != 1 {
		return "", fmt.Errorf("the certificate has %d URI names, not one", len(certificate.URIs))
	}
	id := certificate.URIs[0].String()
	if !spiffePattern.MatchString(id) || certificate.IsCA {
		return "", errors.New("the certificate is not that of a workload")
	}
	return id, nil
}

// matches: a * stands for exactly one whole path segment.
func matches(pattern, id string) bool {
	wanted, given := strings.Split(pattern, "/"), strings.Split(id, "/")
	if len(wanted) != len(given) || trustDomainOf(pattern) != trustDomainOf(id) {
		return false
	}
	for index, segment := range wanted {
		if segment != "*" && segment != given[index] {
			return false
		}
	}
	return true
}

func trustDomainOf(id string) string {
	if parts := strings.Split(id, "/"); len(parts) > 2 {
		return parts[2]
	}
	return ""
}
