#!/usr/bin/env bash
# Starts a server on a directory of its own and fills it with generated events, for a first look around.
set -euo pipefail
cd "$(dirname "$0")/.."

auditlog=${AUDITLOG:-target/release/auditlog}
listen=${LISTEN:-127.0.0.1:8080}
events=${EVENTS:-100000}
directory=demo-data
keys=$directory.keys

first_start=0
[ -d "$directory" ] || first_start=1
"$auditlog" serve --data-dir "$directory" --listen "$listen" --bootstrap-file "$keys" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT INT TERM

for _ in $(seq 100); do
    python3 - "$listen" <<'PYTHON' && break
import sys, urllib.request
try:
    urllib.request.urlopen(f"http://{sys.argv[1]}/health/ready", timeout=1)
except OSError:
    sys.exit(1)
PYTHON
    kill -0 "$server" 2>/dev/null || exit 1
    sleep 0.1
done

export AUDITLOG_URL="http://$listen"
AUDITLOG_KEY=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["default_key"])' "$keys")
export AUDITLOG_KEY
if [ "$first_start" = 1 ]; then
    "$auditlog" demo-data --events "$events"
fi
printf '\nTry, in another terminal:\n\n  export AUDITLOG_URL=%s AUDITLOG_KEY=%s\n  %s search "outcome:denied since:7d"\n\n' \
    "$AUDITLOG_URL" "$AUDITLOG_KEY" "$auditlog"
wait "$server"
