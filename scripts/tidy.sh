#!/usr/bin/env bash
# Checks the parts of the house style that no linter knows. Prints each breach; any breach fails.
set -euo pipefail
cd "$(dirname "$0")/.."

breaches=0
breach() {
    printf 'tidy: %s\n' "$1" >&2
    breaches=$((breaches + 1))
}

while IFS= read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || breach "$file has $lines lines; split off a second module"
    case "$file" in
    */src/*)
        head -n 1 "$file" | grep -q '^//!' || breach "$file does not begin with //! and what it owns"
        ;;
    esac
    if grep -nE '\b(todo|unimplemented|dbg)!\(' "$file" >&2; then breach "$file holds unfinished code"; fi
    if grep -nE '#!?\[allow\(' "$file" >&2; then breach "$file uses #[allow]; #[expect] with a reason says when it is stale"; fi
    if grep -nE '#\[ignore' "$file" >&2; then breach "$file ignores a test"; fi
done < <(git ls-files '*.rs')

# rustfmt breaks code at 120 columns, and leaves comments as they are.
while IFS= read -r place; do
    breach "$(cut -d: -f1,2 <<<"$place"): a comment of more than 120 columns"
done < <(git ls-files -z '*.rs' | LC_ALL=C.UTF-8 xargs -0 grep -nHE '^.{121}' | grep -E '^[^:]*:[0-9]+: *//' || true)

while IFS= read -r file; do
    case "$(basename "$file")" in
    utils.* | helpers.* | manager.* | common.* | misc.*) breach "$file: a name that says nothing" ;;
    esac
done < <(git ls-files)

# Dependencies run one way: cli -> server, embedded -> core. The conformance suite may be used by tests only.
depends() { sed -n '/^\[dependencies\]/,/^\[dev-dependencies\]/p' "$1/Cargo.toml" | grep -qE "^$2\b"; }
for pair in core:auditlog- embedded:auditlog-server embedded:auditlog-cli server:auditlog-embedded server:auditlog-cli \
    embedded:auditlog-conformance server:auditlog-conformance cli:auditlog-conformance; do
    if depends "backend/${pair%%:*}" "${pair##*:}"; then breach "backend/${pair%%:*} must not depend on ${pair##*:}"; fi
done

# The top modules of a crate do not import each other in a circle.
while IFS= read -r circle; do
    breach "$circle"
done < <(scripts/module_circles.py backend/{core,embedded,server,cli,conformance}/src tools/load-testing/src)

# Every path that the architecture documents name exists.
while IFS= read -r path; do
    [ -e "$path" ] || breach "ARCHITECTURE.md names $path, which does not exist"
done < <(grep -oE '`(backend|tools|docs|scripts)/[A-Za-z0-9_./-]+`' ARCHITECTURE.md | tr -d '`' | sort -u)

# Public texts and module documentation use none of the phrases that docs/style.md replaces.
phrases='reckon(s|ed|ing)?|how-manieth|(go|goes|gone) on with|stretch(es)? of|handed (in|out)|told|tells of|tells? about'
phrases+='|look(s|ed) at|forgot|came last|begets?|what came of'
while IFS= read -r place; do
    text=${place#*:*:}
    breach "${place%":$text"}: a banned phrase, docs/style.md has the plain one: $text"
done < <(
    git ls-files -z 'docs/*.md' README.md ARCHITECTURE.md docs/api/openapi.yaml ':!docs/style.md' |
        xargs -0 grep -nHwiE "$phrases" || true
    git ls-files -z '*.rs' | xargs -0 grep -nHiE "^ *//[/!].*\\b($phrases)\\b" || true
)

[ "$breaches" -eq 0 ] || exit 1
printf 'tidy: ok\n'
