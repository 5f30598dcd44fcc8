// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// lookEvery is how often the files are looked at. It counts against the TrustDomain's propagationMargin.
const lookEvery = time.Second

// identity is what the Secret of a ServiceIdentity holds, all of one version.
type identity struct {
	folder      string
	certificate tls.Certificate
	anchors     *x509.CertPool
	id          string
	// nil: everybody of the trust domain. Empty: nobody.
	allowedClients, allowedServers []string
}

// readIdentity reads the files in directory. The kubelet writes all files of a Secret into a new folder and then turns
// the link ..data to it: reading through the link once gives files that belong together.
func readIdentity(directory string) (*identity, error) {
	folder, err := currentFolder(directory)
	if err != nil {
		return nil, err
	}
	own := &identity{folder: folder, anchors: x509.NewCertPool()}
	// An error, too, when the key is not the certificate's.
	own.certificate, err = tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
	if err != nil {
		return nil, err
	}
	if own.id, err = spiffeID(own.certificate.Leaf); err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return nil, err
	}
	if !own.anchors.AppendCertsFromPEM(pem) {
		return nil, errors.New("ca.crt holds no certificate")
	}
	if own.allowedClients, err = readPeers(filepath.Join(folder, "allowed-clients")); err != nil {
		return nil, err
	}
	if own.allowedServers, err = readPeers(filepath.Join(folder, "allowed-servers")); err != nil {
		return nil, err
	}
	// The folder goes when the next one comes; a list that went in the meantime must not read as "no list".
	if now, err := currentFolder(directory); err != nil || now != folder {
		return nil, fmt.Errorf("%s changed while it was read", directory)
	}
	return own, nil
}

func currentFolder(directory string) (string, error) {
	return filepath.EvalSymlinks(filepath.Join(directory, "..data"))
}

// readPeers reads one SPIFFE ID pattern a line; nil when there is no such file.
func readPeers(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return append([]string{}, strings.Fields(string(text))...), err
}

// follower holds the newest identity that could be read.
type follower struct {
	directory string
	current   atomic.Pointer[identity]
}

// follow reads the identity and goes on looking for new ones until the process ends. What cannot be read is reported and
// tried again: until then the last identity is the best there is.
func follow(directory string) (*follower, error) {
	first, err := readIdentity(directory)
	if err != nil {
		return nil, err
	}
	f := &follower{directory: directory}
	f.current.Store(first)
	go func() {
		for range time.Tick(lookEvery) {
			folder, err := currentFolder(directory)
			if err == nil && folder == f.current.Load().folder {
				continue
			}
			next, err := readIdentity(directory)
			if err != nil {
				report("Could not load the identity", "problem", err.Error())
				continue
			}
			f.current.Store(next)
			report("Loaded a new identity", "notAfter", next.certificate.Leaf.NotAfter)
		}
	}()
	return f, nil
}

// serverConfig is asked for the settings of each connection, so that a new identity needs no new listener.
func (f *follower) serverConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			own := f.current.Load()
			return &tls.Config{
				MinVersion:   tls.VersionTLS13,
				Certificates: []tls.Certificate{own.certificate},
				// The default lets clients in without a certificate.
				ClientAuth: tls.RequireAndVerifyClientCert,
				ClientCAs:  own.anchors,
				// A resumed session skips the check of the chain.
				SessionTicketsDisabled: true,
				VerifyConnection:       own.judging(own.allowedClients),
			}, nil
		},
	}
}

// clientConfig has the settings of one connection, as they are now.
func (f *follower) clientConfig(serverName string) *tls.Config {
	own := f.current.Load()
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{own.certificate},
		// Only these: without them Go trusts every public authority.
		RootCAs:          own.anchors,
		ServerName:       serverName,
		VerifyConnection: own.judging(own.allowedServers),
	}
}
