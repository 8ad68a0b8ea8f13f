#!/bin/sh
# Installs from Debian what the tests use for real: a browser, PostgreSQL, Redis, Docker, Slurm, Poppler, node; a
# validator of crates, harvesters, an OpenID provider, and what tries the API. Says what is missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
wanted=""
command -v bwrap >/dev/null 2>&1 || wanted="$wanted bubblewrap"
command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium"
command -v redis-server >/dev/null 2>&1 || wanted="$wanted redis-server"
command -v openssl >/dev/null 2>&1 || wanted="$wanted openssl"
command -v curl >/dev/null 2>&1 || wanted="$wanted curl"
command -v pdftotext >/dev/null 2>&1 || wanted="$wanted poppler-utils"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted="$wanted postgresql"
sh "$(dirname "$0")/test-slurm.sh"
sh "$(dirname "$0")/test-vc.sh"
sh "$(dirname "$0")/test-crates.sh" >/dev/null
sh "$(dirname "$0")/test-oai.sh" >/dev/null
sh "$(dirname "$0")/test-oidc.sh"
sh "$(dirname "$0")/test-api.sh" >/dev/null
containers() { exec sh "$(dirname "$0")/test-containers.sh" >/dev/null; }
[ -z "$wanted" ] && containers
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
  say "the tests need more programs; type: sudo apt-get install$wanted"; exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq >/dev/null 2>&1 || true
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -y -qq $wanted >/dev/null || { say "could not install:$wanted"; exit 1; }
containers
