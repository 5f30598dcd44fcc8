#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the command given, which ends in PostgreSQL, and has PostgreSQL read its files anew when the kubelet has swapped
# them.
set -eu
secret=/var/run/secrets/signet

# Noted before anything is read: files that are swapped meanwhile count as new.
loaded=$(readlink "$secret/..data")
(
  while sleep 2; do
    now=$(readlink "$secret/..data") || continue
    [ "$now" = "$loaded" ] && continue
    # The first line is the process id. PostgreSQL keeps what it has when certificate and key do not match because they
    # were read across a swap; that swap is seen in the next round.
    if read -r postmaster < "$PGDATA/postmaster.pid" && kill -HUP "$postmaster"; then loaded=$now; fi
  done
) &
exec "$@"
