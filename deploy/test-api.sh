#!/bin/sh
# Prepares Schemathesis, which tries the API as it is described, in an environment of its own for the tests. Prints the
# directory of its programs. Says what is missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
project=$(cd "$(dirname "$0")/.." && pwd)
list="$project/tests/validators/api/requirements.txt"
uv="$project/.venv/bin/uv"
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"
mkdir -p "$kept"
exec 9>"$kept/.lock-api"
flock 9

place="$kept/api-$(sha256sum "$list" | cut -c 1-16)"
if [ ! -e "$place/.complete" ]; then
  rm -rf "$place"
  log="$kept/api.log"
  { "$uv" venv --quiet --python "$project/.venv/bin/python" "$place" &&
    "$uv" pip install --quiet --require-hashes --python "$place/bin/python" -r "$list"; } >"$log" 2>&1 ||
    { say "Schemathesis cannot be installed: $(tail -n 1 "$log")"; exit 1; }
  touch "$place/.complete"
fi
printf '%s\n' "$place/bin"
