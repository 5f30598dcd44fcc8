// SPDX-License-Identifier: Apache-2.0

// Command judge answers one JSON line per JSON request line: it says what crypto/x509, go-spiffe and
// zlint hold of a certificate chain. It keeps no state between requests and writes nothing else to stdout.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// request holds certificates as DER; encoding/json turns base64 into []byte.
type request struct {
	ID      int      `json:"id"`
	Judges  []string `json:"judges"`
	Chain   [][]byte `json:"chain"`   // leaf first
	Anchors [][]byte `json:"anchors"` // trusted roots
	Time    int64    `json:"time"`    // seconds since the epoch
	// Of the bundle judge only: the document, whose sequence is the time.
	Bundle []byte `json:"bundle"`
	// Of the go-spiffe judges only: the bundle the anchors stand for, and the leaf's PKCS#8 key (optional).
	TrustDomain string `json:"trustDomain"`
	Key         []byte `json:"key"`
}

// answer maps a verdict's name to the empty string (accepted) or the reason of the refusal.
type answer struct {
	ID       int               `json:"id"`
	Verdicts map[string]string `json:"verdicts"`
}

type judge func(request, map[string]string)

var judges = map[string]judge{"x509": judgeX509, "spiffe": judgeSPIFFE, "lint": judgeLint, "bundle": judgeBundle}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	buffered := bufio.NewWriterSize(out, 1<<20)
	encoder := json.NewEncoder(buffered)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return buffered.Flush()
		} else if err != nil {
			return err
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			return fmt.Errorf("cannot read a request: %w", err)
		}
		verdicts := map[string]string{}
		for _, name := range asked.Judges {
			run(name, asked, verdicts)
		}
		if err := encoder.Encode(answer{ID: asked.ID, Verdicts: verdicts}); err != nil {
			return err
		}
		// Flushing only when nothing waits to be read keeps a batch to few writes and still answers every request.
		if lines.Buffered() == 0 {
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
	}
}

// run turns a panic of a judged library into a verdict: a certificate that crashes a verifier is a finding.
func run(name string, asked request, verdicts map[string]string) {
	defer func() {
		if crash := recover(); crash != nil {
			verdicts[name] = fmt.Sprintf("panic: %v", crash)
		}
	}()
	if known, ok := judges[name]; ok {
		known(asked, verdicts)
	} else {
		verdicts[name] = "no such judge"
	}
}

func verdict(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
