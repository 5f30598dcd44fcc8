// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// judgeBundle answers whether the reference library reads a bundle document as exactly the anchors of the request,
// with a sequence and a refresh hint.
func judgeBundle(asked request, verdicts map[string]string) {
	verdicts["spiffe-bundle"] = verdict(parseBundle(asked))
}

func parseBundle(asked request) error {
	trustDomain, err := spiffeid.TrustDomainFromString(asked.TrustDomain)
	if err != nil {
		return err
	}
	bundle, err := spiffebundle.Parse(trustDomain, asked.Bundle)
	if err != nil {
		return err
	}
	anchors, err := parse("anchor", asked.Anchors)
	if err != nil {
		return err
	}
	for _, anchor := range anchors {
		if !bundle.HasX509Authority(anchor) {
			return fmt.Errorf("the bundle lacks %s", anchor.Subject)
		}
	}
	if count := len(bundle.X509Authorities()); count != len(anchors) {
		return fmt.Errorf("the bundle has %d authorities", count)
	}
	if !bundle.JWTBundle().Empty() {
		return errors.New("the bundle has JWT authorities")
	}
	if sequence, ok := bundle.SequenceNumber(); !ok || sequence != uint64(asked.Time) {
		return fmt.Errorf("the bundle has the sequence %d", sequence)
	}
	if hint, ok := bundle.RefreshHint(); !ok || hint < time.Second {
		return fmt.Errorf("the bundle has the refresh hint %s", hint)
	}
	return nil
}
