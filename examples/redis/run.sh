#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs Redis, and has it read its files anew when the kubelet has swapped them. That takes CONFIG SET, by a user that
# may do nothing else and whose password nobody knows but this script.
set -eu
secret=/var/run/secrets/signet
run=/run/redis
config=/etc/redis

REDISCLI_AUTH=$(head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1)
export REDISCLI_AUTH
{
  cat "$config/users.acl"
  echo "user reload on #$(printf '%s' "$REDISCLI_AUTH" | sha256sum | cut -d ' ' -f 1) +config|set"
} > "$run/users.acl"

reload() {
  answer=$(redis-cli -s "$run/redis.sock" --user reload --no-auth-warning config set \
    tls-cert-file "$secret/tls.crt" tls-key-file "$secret/tls.key" tls-ca-cert-file "$secret/ca.crt")
  [ "$answer" = OK ] || echo "run.sh: $answer" >&2
  [ "$answer" = OK ]
}

# Noted before Redis reads anything: files that are swapped meanwhile count as new.
loaded=$(readlink "$secret/..data")
(
  while sleep 2; do
    now=$(readlink "$secret/..data") || continue
    [ "$now" = "$loaded" ] && continue
    # A certificate and a key read across a swap do not match: Redis keeps what it has, and the next round tries again.
    if reload; then loaded=$now; fi
  done
) &
exec redis-server "$config/redis.conf"
