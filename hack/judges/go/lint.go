// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

// The standards that bind a private authority. The rules of public web PKI (CA/Browser Forum, root programs)
// ask for revocation services, policies and public names that a SPIFFE authority does not have.
var sources = lint.SourceList{
	lint.RFC3279, lint.RFC5280, lint.RFC5480, lint.RFC5891, lint.RFC6962, lint.RFC8813, lint.Community,
}

var registry = newRegistry()

func newRegistry() lint.Registry {
	filtered, err := lint.GlobalRegistry().Filter(lint.FilterOptions{IncludeSources: sources})
	if err != nil {
		panic(err)
	}
	return filtered
}

// judgeLint answers with one verdict per certificate of the chain: its warnings and errors, one "status:lint" a word.
func judgeLint(asked request, verdicts map[string]string) {
	for i, der := range asked.Chain {
		verdicts[fmt.Sprintf("lint-%d", i)] = lintOne(der)
	}
}

func lintOne(der []byte) string {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return "fatal:parse " + err.Error()
	}
	var findings []string
	for name, result := range zlint.LintCertificateEx(certificate, registry).Results {
		if result.Status >= lint.Warn {
			findings = append(findings, result.Status.String()+":"+name)
		}
	}
	sort.Strings(findings)
	return strings.Join(findings, " ")
}
