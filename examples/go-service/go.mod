module signet.dev/examples/go-service

go 1.26
