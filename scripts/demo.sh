#!/usr/bin/env bash
# Starts a server on its own directory and fills it with generated events, to try it out. The server's log goes to a file,
# so that the screen shows only progress and the next steps.
set -euo pipefail
cd "$(dirname "$0")/.."

auditlog=${AUDITLOG:-target/release/auditlog}
listen=${LISTEN:-127.0.0.1:8080}
events=${EVENTS:-100000}
directory=demo-data
keys=$directory/keys.json
log=$directory/server.log
filled=$directory/filled

umask 077
mkdir -p "$directory"
: >"$log"
"$auditlog" serve --data-dir "$directory/data" --listen "$listen" --log-format json --bootstrap-file "$keys" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
# Ctrl-C has also reached the server, and a second signal would stop it at once.
trap 'trap - EXIT; wait "$server" || true; exit 130' INT
trap 'exit 143' TERM

gave_up() {
    echo "The server did not start; $log says:" >&2
    tail -n 20 "$log" >&2
    exit 1
}
until grep -q ' serves http' "$log"; do
    kill -0 "$server" 2>/dev/null || gave_up
    sleep 0.1
done

AUDITLOG_URL=http://$listen
AUDITLOG_KEY=$(sed -n 's/.*"default_key":"\([^"]*\)".*/\1/p' "$keys")
export AUDITLOG_URL AUDITLOG_KEY
# An earlier start may have ended before all events were there.
if [ ! -e "$filled" ]; then
    "$auditlog" demo-data --events "$events"
    touch "$filled"
fi

# The key is printed to a terminal only.
shown_key="\$(sed -n 's/.*\"default_key\":\"\\([^\"]*\\)\".*/\\1/p' $keys)"
[ -t 1 ] && shown_key=$AUDITLOG_KEY
cat <<TEXT

The demo runs at $AUDITLOG_URL, its API documentation at $AUDITLOG_URL/docs. Try, in another terminal:

  export AUDITLOG_URL=$AUDITLOG_URL AUDITLOG_KEY=$shown_key
  $auditlog search 'outcome:denied since:7d'
  $auditlog aggregate since:30d --by occurred_at
  $auditlog facets action:user.*

Ctrl-C stops it; \`make demo\` starts it again with the same events. Its log is $log, its keys are in $keys.
Remove $directory to start afresh.
TEXT
wait "$server"
