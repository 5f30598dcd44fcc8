// SPDX-License-Identifier: Apache-2.0

// A peer of the handshake lab: a server and a client of mutual TLS 1.3 that read their files anew for every
// connection. Orders come on stdin, reports go to stdout; ../control.ts says what they look like.
package main

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const patience = 30 * time.Second

var (
	directory string
	stdout    sync.Mutex
)

// identity is what the files of one moment hold.
type identity struct {
	version     string
	certificate tls.Certificate
	anchors     *x509.CertPool
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "Usage: peer <directory>")
		os.Exit(2)
	}
	directory = os.Args[1]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	report(map[string]any{"listening": listener.Addr().(*net.TCPAddr).Port})
	go accept(listener)
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var id, port int
		var host, name string
		if _, err := fmt.Sscanf(orders.Text(), "connect %d %s %d %s", &id, &host, &port, &name); err != nil {
			fmt.Fprintf(os.Stderr, "Not an order: %s: %v\n", orders.Text(), err)
			os.Exit(1)
		}
		go func() {
			version, err := shakeHands(fmt.Sprintf("%s:%d", host, port), name)
			line := map[string]any{"id": id, "version": version}
			if err != nil {
				line["error"] = err.Error()
			}
			report(line)
		}()
	}
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go func() {
			if version, err := serve(connection); err != nil {
				report(map[string]any{"refused": err.Error(), "version": version})
			}
		}()
	}
}

func serve(connection net.Conn) (string, error) {
	defer connection.Close()
	files, err := load()
	if err != nil {
		return files.version, err
	}
	server := tls.Server(connection, &tls.Config{
		Certificates:           []tls.Certificate{files.certificate},
		ClientAuth:             tls.RequireAndVerifyClientCert,
		ClientCAs:              files.anchors,
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
	})
	return files.version, answer(server)
}

func shakeHands(address, name string) (string, error) {
	files, err := load()
	if err != nil {
		return files.version, err
	}
	connection, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return files.version, err
	}
	defer connection.Close()
	client := tls.Client(connection, &tls.Config{
		Certificates: []tls.Certificate{files.certificate},
		RootCAs:      files.anchors,
		ServerName:   name,
		MinVersion:   tls.VersionTLS13,
	})
	return files.version, ask(client)
}

// ask is the client's end of the conversation: only the server's last word proves that it took our certificate.
func ask(client *tls.Conn) error {
	client.SetDeadline(time.Now().Add(patience))
	own := "client " + rand.Text()
	lines := bufio.NewReader(client)
	if err := write(client, own); err != nil {
		return err
	}
	if err := expect(lines, own); err != nil {
		return err
	}
	theirs, err := read(lines)
	if err != nil {
		return err
	}
	if err := write(client, theirs); err != nil {
		return err
	}
	if err := expect(lines, "done"); err != nil {
		return err
	}
	return client.Close()
}

func answer(server *tls.Conn) error {
	server.SetDeadline(time.Now().Add(patience))
	own := "server " + rand.Text()
	lines := bufio.NewReader(server)
	theirs, err := read(lines)
	if err != nil {
		return err
	}
	if err := write(server, theirs, own); err != nil {
		return err
	}
	if err := expect(lines, own); err != nil {
		return err
	}
	if err := write(server, "done"); err != nil {
		return err
	}
	// The client closes first, and nothing that is still on its way is lost.
	_, _ = io.Copy(io.Discard, lines)
	return nil
}

func write(to io.Writer, lines ...string) error {
	_, err := io.WriteString(to, strings.Join(lines, "\n")+"\n")
	return err
}

func read(from *bufio.Reader) (string, error) {
	line, err := from.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func expect(from *bufio.Reader, wanted string) error {
	line, err := read(from)
	if err != nil {
		return err
	}
	if line != wanted {
		return fmt.Errorf("expected %q, got %q", wanted, line)
	}
	return nil
}

// load reads the files that the link "current" shows now; all three are of one moment.
func load() (identity, error) {
	folder, err := filepath.EvalSymlinks(filepath.Join(directory, "current"))
	if err != nil {
		return identity{}, err
	}
	files := identity{version: filepath.Base(folder), anchors: x509.NewCertPool()}
	files.certificate, err = tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
	if err != nil {
		return files, err
	}
	pem, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return files, err
	}
	if !files.anchors.AppendCertsFromPEM(pem) {
		return files, errors.New("ca.crt holds no certificate")
	}
	return files, nil
}

func report(line map[string]any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	stdout.Lock()
	defer stdout.Unlock()
	fmt.Printf("%s\n", text)
}
