// The Go judge of the conformance suite: crypto/x509, go-spiffe and zlint in one program.
module signet.dev/hack/judges

go 1.26.0

require (
	github.com/spiffe/go-spiffe/v2 v2.9.0
	github.com/zmap/zcrypto v0.0.0-20240803002437-3a861682ac77
	github.com/zmap/zlint/v3 v3.6.5
)

require (
	github.com/go-jose/go-jose/v4 v4.1.5 // indirect
	github.com/pelletier/go-toml v1.9.3 // indirect
	github.com/weppos/publicsuffix-go v0.40.2 // indirect
	golang.org/x/crypto v0.46.0 // indirect
	golang.org/x/net v0.48.0 // indirect
	golang.org/x/text v0.32.0 // indirect
)
