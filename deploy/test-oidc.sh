#!/bin/sh
# Installs an OpenID provider that others wrote, for the tests to log in by: oidc-provider from npm, as
# tests/validators/oidc/package-lock.json pins it, and a newer node where this machine's own is too old for it. Says what is
# missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
here="$(cd "$(dirname "$0")/.." && pwd)/tests/validators/oidc"
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"
mkdir -p "$kept"
exec 9>"$kept/.lock-oidc"
flock 9
if ! { command -v node && command -v npm; } >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
    say "the tests need more programs; type: sudo apt-get install nodejs npm"; exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  $as_root apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null 2>&1 || { say "could not install: nodejs npm"; exit 1; }
fi
# Installs what the lock of a directory pins. The copy of the lock is written last, so that an installation that was
# interrupted is made again.
install() {
  installed="$1/node_modules/.installed"
  cmp -s "$1/package-lock.json" "$installed" 2>/dev/null && return
  log="$kept/oidc.log"
  for attempt in 1 2 3; do
    # The registry may be away for a moment.
    (cd "$1" && npm ci --no-audit --no-fund >"$log" 2>&1) && break
    [ "$attempt" = 3 ] && { say "npm could not install what $1/package-lock.json names: $(grep -m 1 'npm error' "$log")"; exit 1; }
    sleep 5
  done
  cp "$1/package-lock.json" "$installed"
}
install "$here"
# It needs crypto.hash, which node has since 20.12; that of Debian 12 is older.
node -e 'process.exit(require("node:crypto").hash ? 0 : 1)' || install "$here/node"
