#!/bin/sh
# A published data set end to end, in a home of its own: replay, an independent recount from the file, verify.
#
#   sh tests/checks/real_input.sh sparkov        (or handbook, ucsd_fico, s-ffsd)
set -eu
cd "$(dirname "$0")/../.."
name=${1:-sparkov}
file=../shared/data/$name/payments.parquet
[ -f "$file" ] || { echo "$file is not there: the data sets lie beside the checkout, not in it" >&2; exit 1; }
TOLLGATE_HOME=$(mktemp -d)
export TOLLGATE_HOME
trap '.venv/bin/tollgate down >/dev/null; rm -rf "$TOLLGATE_HOME"' EXIT
.venv/bin/tollgate up
.venv/bin/tollgate replay "$file" --map "$name" --json
.venv/bin/python -m tests.checks.replay_against_file "$file" "streams/sources/files/maps/$name.yaml" \
    --engine "replay-$name" --json
.venv/bin/tollgate verify --engine "replay-$name" --json
