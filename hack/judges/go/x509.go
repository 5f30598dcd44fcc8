// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// judgeX509 verifies the chain once for each purpose, because one call with both usages is content with either.
func judgeX509(asked request, verdicts map[string]string) {
	chain, anchors, err := parseAll(asked)
	for purpose, usage := range map[string]x509.ExtKeyUsage{
		"x509-server": x509.ExtKeyUsageServerAuth,
		"x509-client": x509.ExtKeyUsageClientAuth,
	} {
		if err != nil {
			verdicts[purpose] = err.Error()
			continue
		}
		verdicts[purpose] = verdict(verifyX509(chain, anchors, usage, time.Unix(asked.Time, 0)))
	}
}

func verifyX509(chain, anchors []*x509.Certificate, usage x509.ExtKeyUsage, at time.Time) error {
	if len(chain) == 0 {
		return errors.New("empty chain")
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots:         pool(anchors),
		Intermediates: pool(chain[1:]),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	return err
}

func parseAll(asked request) (chain, anchors []*x509.Certificate, err error) {
	if chain, err = parse("chain", asked.Chain); err != nil {
		return nil, nil, err
	}
	anchors, err = parse("anchor", asked.Anchors)
	return chain, anchors, err
}

func parse(what string, all [][]byte) ([]*x509.Certificate, error) {
	certificates := make([]*x509.Certificate, 0, len(all))
	for i, der := range all {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("cannot parse %s[%d]: %w", what, i, err)
		}
		certificates = append(certificates, certificate)
	}
	return certificates, nil
}

func pool(certificates []*x509.Certificate) *x509.CertPool {
	all := x509.NewCertPool()
	for _, certificate := range certificates {
		all.AddCert(certificate)
	}
	return all
}
