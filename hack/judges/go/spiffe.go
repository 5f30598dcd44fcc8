// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// judgeSPIFFE asks the reference library twice: as the peer that verifies a chain, and, when the request
// carries the key, as the workload that loads its own SVID.
func judgeSPIFFE(asked request, verdicts map[string]string) {
	verdicts["spiffe-verify"] = verdict(verifySPIFFE(asked))
	if len(asked.Key) > 0 {
		verdicts["spiffe-load"] = verdict(loadSPIFFE(asked))
	}
}

func verifySPIFFE(asked request) error {
	trustDomain, err := spiffeid.TrustDomainFromString(asked.TrustDomain)
	if err != nil {
		return err
	}
	anchors, err := parse("anchor", asked.Anchors)
	if err != nil {
		return err
	}
	bundle := x509bundle.FromX509Authorities(trustDomain, anchors)
	_, _, err = x509svid.ParseAndVerify(asked.Chain, bundle, x509svid.WithTime(time.Unix(asked.Time, 0)))
	return err
}

func loadSPIFFE(asked request) error {
	var chain []byte
	for _, der := range asked.Chain {
		chain = append(chain, der...)
	}
	_, err := x509svid.ParseRaw(chain, asked.Key)
	return err
}
