#!/bin/sh
# Installs harvesters of OAI-PMH that others wrote, for the tests to harvest with: HTTP::OAI from Debian, Sickle and
# oaipmh-scythe in an environment of their own, and oai-pmh from npm. Prints that environment's directory of programs.
# Says what is missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
project=$(cd "$(dirname "$0")/.." && pwd)
here="$project/tests/validators/oai"
uv="$project/.venv/bin/uv"
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"
mkdir -p "$kept"
exec 9>"$kept/.lock-oai"
flock 9
log="$kept/oai.log"

wanted=""
command -v oai_pmh >/dev/null 2>&1 || wanted="$wanted libhttp-oai-perl"
command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
command -v npm >/dev/null 2>&1 || wanted="$wanted npm"
if [ -n "$wanted" ]; then
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
    say "the tests need more programs; type: sudo apt-get install$wanted"; exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  # shellcheck disable=SC2086 # a list of words
  $as_root apt-get install -y -qq --no-install-recommends $wanted >"$log" 2>&1 || { say "could not install:$wanted"; exit 1; }
fi

place="$kept/oai-$(sha256sum "$here/requirements.txt" | cut -c 1-16)"
if [ ! -e "$place/.complete" ]; then
  rm -rf "$place"
  { "$uv" venv --quiet --python "$project/.venv/bin/python" "$place" &&
    "$uv" pip install --quiet --require-hashes --python "$place/bin/python" -r "$here/requirements.txt"; } >"$log" 2>&1 ||
    { say "Sickle and oaipmh-scythe cannot be installed: $(tail -n 1 "$log")"; exit 1; }
  touch "$place/.complete"
fi

# The copy of the lock is written last, so that an installation that was interrupted is made again.
installed="$here/node_modules/.installed"
if ! cmp -s "$here/package-lock.json" "$installed" 2>/dev/null; then
  for attempt in 1 2 3; do
    # The registry may be away for a moment.
    (cd "$here" && npm ci --no-audit --no-fund >"$log" 2>&1) && break
    [ "$attempt" = 3 ] && { say "npm could not install what tests/validators/oai/package-lock.json names: $(grep -m 1 'npm error' "$log")"; exit 1; }
    sleep 5
  done
  cp "$here/package-lock.json" "$installed"
fi
printf '%s\n' "$place/bin"
