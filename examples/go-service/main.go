// SPDX-License-Identifier: Apache-2.0

// An HTTP service whose clients prove who they are, and a client of it: mutual TLS with the files of a ServiceIdentity,
// with the standard library and nothing else.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const patience = 10 * time.Second

func main() {
	directory := flag.String("identity", "/var/run/secrets/signet", "where the Secret is mounted")
	listen := flag.String("listen", "", "serve at this address")
	connect := flag.String("connect", "", "call the service at this host:port")
	serverName := flag.String("server-name", "", "the DNS name that its certificate must have; by default the host")
	every := flag.Duration("every", 0, "call it again and again, with this pause; by default once")
	flag.Parse()
	own, err := follow(*directory)
	if err != nil {
		fail(err)
	}
	switch {
	case *listen != "":
		fail(serve(own, *listen))
	case *connect != "":
		call(own, *connect, *serverName, *every)
	default:
		flag.Usage()
		os.Exit(2)
	}
}

func serve(own *follower, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	report("Listening", "port", listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{
		Handler:     http.HandlerFunc(echo),
		ReadTimeout: patience,
		IdleTimeout: time.Minute,
		ErrorLog:    log.New(refusals{}, "", 0),
	}
	return server.Serve(tls.NewListener(listener, own.serverConfig()))
}

// echo sends the body back, and says who the client is.
func echo(w http.ResponseWriter, r *http.Request) {
	peer := r.TLS.PeerCertificates[0]
	// A connection outlives the certificate that it was opened with, unless somebody ends it.
	if time.Now().After(peer.NotAfter) {
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("X-Peer-ID", peer.URIs[0].String())
	if _, err := io.Copy(w, http.MaxBytesReader(w, r.Body, 1<<20)); err != nil {
		report("Request failed", "problem", err.Error())
	}
}

// call makes requests, each on a connection of its own with the newest certificate.
func call(own *follower, address, serverName string, every time.Duration) {
	if serverName == "" {
		serverName, _, _ = strings.Cut(address, ":")
	}
	for {
		if err := exchange(own, address, serverName); err != nil {
			report("Request failed", "problem", err.Error())
			if every == 0 {
				os.Exit(1)
			}
		} else {
			report("Exchanged")
		}
		if every == 0 {
			return
		}
		time.Sleep(every)
	}
}

func exchange(own *follower, address, serverName string) error {
	transport := &http.Transport{TLSClientConfig: own.clientConfig(serverName), DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: patience}
	sent := []byte(rand.Text())
	answer, err := client.Post("https://"+address+"/", "application/octet-stream", bytes.NewReader(sent))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	received, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	// With TLS 1.3 only bytes that came back prove that the server accepted us.
	if answer.StatusCode != http.StatusOK || !bytes.Equal(sent, received) {
		return fmt.Errorf("the server answered %s and sent other bytes back", answer.Status)
	}
	return nil
}

// refusals takes what the HTTP server says of handshakes.
type refusals struct{}

func (refusals) Write(line []byte) (int, error) {
	report("Refused", "problem", strings.TrimSpace(string(line)))
	return len(line), nil
}

// report writes one JSON object a line on stdout.
func report(message string, fields ...any) {
	entry := map[string]any{"time": time.Now().UTC(), "message": message}
	for index := 0; index+1 < len(fields); index += 2 {
		entry[fields[index].(string)] = fields[index+1]
	}
	_ = json.NewEncoder(os.Stdout).Encode(entry)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
