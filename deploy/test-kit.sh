# What the scripts that install tools for the tests share; they read it with `.`, and it does nothing by itself.
project=$(cd "$(dirname "$0")/.." && pwd)
uv="$project/.venv/bin/uv"
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"

say() { printf 'reprise: %s\n' "$*" >&2; }

# begin NAME: only one process at a time goes on from here; what installers say goes to $log.
begin() {
  mkdir -p "$kept"
  exec 9>"$kept/.lock-$1"
  flock 9
  log="$kept/$1.log"
}

# debian PACKAGE...: install packages of Debian.
debian() {
  [ $# -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
    say "the tests need more programs; type: sudo apt-get install $*"; exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  $as_root apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 || { say "could not install: $*"; exit 1; }
}

# node_itself: have node and npm.
node_itself() { { command -v node && command -v npm; } >/dev/null 2>&1 || debian nodejs npm; }

# node_packages DIRECTORY: install what its lock pins. The copy of the lock is written last, so that an installation that was
# interrupted is made again.
node_packages() {
  installed="$1/node_modules/.installed"
  cmp -s "$1/package-lock.json" "$installed" 2>/dev/null && return 0
  for attempt in 1 2 3; do
    # The registry may be away for a moment.
    (cd "$1" && npm ci --no-audit --no-fund >"$log" 2>&1) && break
    [ "$attempt" = 3 ] && { say "npm could not install what $1/package-lock.json names: $(grep -m 1 'npm error' "$log")"; exit 1; }
    sleep 5
  done
  cp "$1/package-lock.json" "$installed"
}

# python_programs NAME LIST WHAT: install the list of pinned packages in an environment of its own; its programs are in $place/bin.
python_programs() {
  place="$kept/$1-$(sha256sum "$2" | cut -c 1-16)"
  [ -e "$place/.complete" ] && return 0
  rm -rf "$place"
  { "$uv" venv --quiet --python "$project/.venv/bin/python" "$place" &&
    "$uv" pip install --quiet --require-hashes --python "$place/bin/python" -r "$2"; } >"$log" 2>&1 ||
    { say "$3 cannot be installed: $(tail -n 1 "$log")"; exit 1; }
  touch "$place/.complete"
}
