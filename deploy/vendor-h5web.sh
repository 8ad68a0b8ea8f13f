#!/bin/sh
# Makes the vendored files of H5Web anew from what deploy/h5web/package-lock.json pins, and says their digests for
# static/vendor/VENDORED.md. Needs node 20 or newer with npm; running or testing Reprise needs neither.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
root="$(cd "$(dirname "$0")/.." && pwd)"
here="$root/deploy/h5web"
vendor="$root/static/vendor"
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || { say "node and npm are missing; type: sudo apt-get install nodejs npm"; exit 1; }
made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT
(cd "$here" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node build.mjs "$made")
# The old files go only when there are new ones.
rm -f "$vendor"/h5web-*
cp "$made"/h5web-* "$vendor"
(cd "$vendor" && sha256sum h5web-*)
