#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs nginx, and has it read its files anew when the kubelet has swapped them.
set -eu
secret=/var/run/secrets/signet
config=/etc/nginx/nginx.conf

# Noted before nginx reads anything: files that are swapped meanwhile count as new.
loaded=$(readlink "$secret/..data")
(
  while sleep 2; do
    now=$(readlink "$secret/..data") || continue
    [ "$now" = "$loaded" ] && continue
    # A certificate and a key read across a swap do not match: nginx keeps what it has, and the next round tries again.
    if nginx -t -q -c "$config" && nginx -s reload -c "$config"; then loaded=$now; fi
  done
) &
exec nginx -c "$config" -g 'daemon off;'
