#!/usr/bin/env bash
# Measures PostgreSQL and DuckDB with the corpus and the queries of `hammer bench`, and prints one table.
#
#   scripts/bench-peers.sh [--quick | --events N] [--seed N --newest TIME --bench FILE]
#
# FILE is the output of `hammer bench` with the same seed and time; auditlog's column is taken from it. `make bench` calls
# this script at its end. The binaries must be built. Missing programs are installed: Python packages into a virtual
# environment below the build directory; PostgreSQL with apt-get if the user is root. An engine that cannot be installed is
# named with the reason and left out.
set -euo pipefail
cd "$(dirname "$0")/.."

events=2000000
seed=1
newest=$(date -u +%Y-%m-%dT%H:%M:%SZ)
bench=
while [ "$#" -gt 0 ]; do
    case "$1" in
    --quick) events=200000 ;;
    --events) events=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --newest) newest=$2 && shift ;;
    --bench) bench=$2 && shift ;;
    *) printf 'usage: %s [--quick | --events N] [--seed N --newest TIME --bench FILE]\n' "$0" >&2 && exit 2 ;;
    esac
    shift
done

target=$(realpath "${CARGO_TARGET_DIR:-target}")
venv=$target/peers-venv
packages=tools/load-testing/peers/requirements.txt

if [ -z "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null)" ] && ! command -v initdb >/dev/null; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        printf 'installing PostgreSQL\n' >&2
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql >&2 ||
            printf 'PostgreSQL could not be installed\n' >&2
    fi
fi

# A stamp records the installed packages, so that a second run contacts no registry.
if ! cmp --silent "$packages" "$venv/installed.txt"; then
    printf 'installing Python packages into %s\n' "$venv" >&2
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --requirement "$packages"; } >&2; then
        printf 'no peers are measured: their Python packages cannot be installed\n' >&2
        exit 0
    fi
    cp "$packages" "$venv/installed.txt"
fi

# Beside the build, because /tmp may be in memory, and the measurement needs a disk. Traversable, because PostgreSQL runs
# as a separate user if this script runs as root.
work=$(mktemp -d "$target/peers.XXXXXX")
chmod 755 "$work"
clean_up() {
    # The program stops its server itself, unless it was killed.
    if [ -e "$work/postgresql/data/postmaster.pid" ]; then
        kill -INT "$(head -n 1 "$work/postgresql/data/postmaster.pid")" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT

printf 'writing the corpus: %s events\n' "$events" >&2
"$target/release/hammer" corpus --events "$events" --seed "$seed" --newest "$newest" \
    --output "$work/corpus.ndjson" --questions "$work/questions.json"

status=0
PYTHONPATH=tools/load-testing PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -m peers \
    --corpus "$work/corpus.ndjson" --questions "$work/questions.json" --work-dir "$work" \
    ${bench:+--bench "$bench"} >"$target/bench-peers.json" || status=$?
printf 'the same as JSON: %s\n' "$target/bench-peers.json" >&2
exit "$status"
