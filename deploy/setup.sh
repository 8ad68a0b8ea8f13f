#!/bin/sh
# Makes .venv from uv.lock, and installs the sandbox where it may. Says what is missing in one line.
set -eu
python=${1:-python3}
say() { printf 'reprise: %s\n' "$*" >&2; }

command -v git >/dev/null 2>&1 || { say "git is missing; type: apt-get install git"; exit 1; }
command -v "$python" >/dev/null 2>&1 || { say "$python is missing; type: apt-get install python3 python3-venv"; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { say "Python 3.11 or newer is needed; give one with: make PYTHON=/path/to/python3.11 …"; exit 1; }

# A second start compares two stamps and is done.
stamp=.venv/.reprise-lock
if [ ! -f "$stamp" ] || ! cmp -s uv.lock "$stamp"; then
  if [ ! -x .venv/bin/uv ]; then
    if [ ! -x .venv/bin/python ]; then
      "$python" -m venv .venv 2>/dev/null || { say "venv is missing; type: apt-get install python3-venv"; exit 1; }
    fi
    version=$(sed -n '/^name = "uv"$/{n;s/^version = "\(.*\)"$/\1/p;}' uv.lock)
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$version" 2>.venv/pip.log ||
      { say "the package index does not answer ($(tail -n 1 .venv/pip.log)); check the network or set PIP_INDEX_URL"; exit 1; }
  fi
  .venv/bin/uv sync --quiet --frozen --python .venv/bin/python 2>.venv/uv.log ||
    { say "the packages cannot be installed: $(tail -n 1 .venv/uv.log)"; exit 1; }
  cp uv.lock "$stamp"
fi

if ! command -v bwrap >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
  if [ "$as_root" != no ] && command -v apt-get >/dev/null 2>&1; then
    say "installing the sandbox (bubblewrap)"
    { $as_root apt-get install -y -qq bubblewrap || { $as_root apt-get update -qq && $as_root apt-get install -y -qq bubblewrap; }; } \
      >/dev/null 2>&1 || say "bubblewrap could not be installed; type: apt-get install bubblewrap"
  fi
fi
