#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs HAProxy, and has it read its files anew when the kubelet has swapped them. Before each start and reload it makes
# of allowed-clients what haproxy.cfg looks for in a certificate.
set -eu
secret=/var/run/secrets/signet
run=/run/haproxy
config=/etc/haproxy/haproxy.cfg

hex() { od -An -v -tx1 | tr -d ' \n' | tr a-f A-F; }

# A URI name in DER: tag 86, length, text.
uri_name() {
  if [ "${#1}" -lt 128 ]; then length=$(printf '%02X' "${#1}")
  elif [ "${#1}" -lt 256 ]; then length=$(printf '81%02X' "${#1}")
  else length=$(printf '82%04X' "${#1}"); fi
  printf '86%s%s\n' "$length" "$(printf '%s' "$1" | hex)"
}

# No list, or an empty one: nobody is allowed.
list_clients() {
  if [ -e "$secret/allowed-clients" ]; then
    while read -r id || [ -n "$id" ]; do
      case $id in
        '') ;;
        *'*'*) echo "run.sh: $id is left out: a * has no length that could be looked for" >&2 ;;
        *) uri_name "$id" ;;
      esac
    done < "$secret/allowed-clients"
  fi > "$run/allowed-clients.new"
  mv "$run/allowed-clients.new" "$run/allowed-clients.hex"
}

# Noted before anything is read: files that are swapped meanwhile count as new.
loaded=$(readlink "$secret/..data")
list_clients
(
  while sleep 2; do
    now=$(readlink "$secret/..data") || continue
    [ "$now" = "$loaded" ] && continue
    # What was read across a swap is read again in the next round; until then everything stays as it is.
    if list_clients && haproxy -c -q -f "$config" && [ "$(readlink "$secret/..data")" = "$now" ]; then
      kill -USR2 $$
      loaded=$now
    fi
  done
) &
exec haproxy -W -f "$config"
