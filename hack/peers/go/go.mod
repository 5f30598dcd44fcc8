// The Go peer of the handshake lab: crypto/tls of the standard library and nothing else.
module signet.dev/hack/peers

go 1.26.0
