// What Go's standard library does in the time of one mint; beside it, the same work by Signet.
module signet.dev/hack/bench/go-mint

go 1.26.0
