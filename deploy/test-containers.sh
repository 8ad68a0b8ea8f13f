#!/bin/sh
# Prepares what the tests of container images use for real: Docker, its buildx, Podman, and a base image without a registry.
# Everything that is not a Debian package of this release lies in a directory of its own, which this prints:
#   base.tar                        the base image, for `docker import`
#   docker/cli-plugins/docker-buildx  the plugin; DOCKER_CONFIG=<that directory>/docker finds it
# Says what is missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
release=bookworm
packages=python3,python3-venv,ca-certificates
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"
mkdir -p "$kept"
exec 9>"$kept/.lock"
flock 9

wanted=""
command -v dockerd >/dev/null 2>&1 || wanted="$wanted docker.io"
command -v mmdebstrap >/dev/null 2>&1 || wanted="$wanted mmdebstrap"
command -v podman >/dev/null 2>&1 || wanted="$wanted podman"
command -v bwrap >/dev/null 2>&1 || wanted="$wanted bubblewrap"
command -v mksquashfs >/dev/null 2>&1 || wanted="$wanted squashfs-tools"
[ -r /usr/share/keyrings/debian-archive-keyring.gpg ] || wanted="$wanted debian-archive-keyring"
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root=none; fi
if [ -n "$wanted" ]; then
  [ "$as_root" = none ] && { say "the tests need more programs; type: sudo apt-get install$wanted"; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  # shellcheck disable=SC2086 # a list of words
  $as_root apt-get install -y -qq --no-install-recommends $wanted >/dev/null 2>&1 ||
    { say "could not install:$wanted"; exit 1; }
fi

# The mirror that this machine was configured with, in whatever way its sources are written.
mirror() {
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
    awk -v release="$release" '$2 == release { print $1; exit }'
}

# buildx of the next Debian, which repo2docker asks for; this machine's own sources are not touched.
plugin="$kept/docker/cli-plugins/docker-buildx"
if [ ! -x "$plugin" ]; then
  from=$(mirror)
  [ -n "$from" ] || { say "apt knows no mirror of Debian $release; add one to /etc/apt/sources.list.d"; exit 1; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  mkdir -p "$work/lists/partial" "$work/archives/partial"
  : >"$work/status"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$from" >"$work/sources.list"
  cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "-";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work";
Acquire::Languages "none";
APT::Sandbox::User "root";
END
  export APT_CONFIG="$work/apt.conf"
  apt-get update -qq >"$work/log" 2>&1 && (cd "$work" && apt-get download -qq docker-buildx >>"$work/log" 2>&1) ||
    { say "docker-buildx of Debian 13 could not be fetched: $(tail -n 1 "$work/log")"; exit 1; }
  unset APT_CONFIG
  dpkg-deb --extract "$work"/docker-buildx_*.deb "$work/unpacked"
  mkdir -p "$(dirname "$plugin")"
  cp "$work/unpacked/usr/libexec/docker/cli-plugins/docker-buildx" "$plugin.new"
  chmod 755 "$plugin.new"
  mv "$plugin.new" "$plugin"
fi

# The base image: the smallest Debian with a Python, and the certificates by which this machine trusts its package index.
if [ ! -s "$kept/base.tar" ]; then
  from=$(mirror)
  [ -n "$from" ] || { say "apt knows no mirror of Debian $release; add one to /etc/apt/sources.list.d"; exit 1; }
  [ "$as_root" = none ] && { say "the base image is made by root; type: sudo sh deploy/test-containers.sh"; exit 1; }
  set -- --quiet --variant=minbase --include="$packages" --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
  for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
    [ -r "$bundle" ] || continue
    set -- "$@" --customize-hook="upload $bundle /etc/ssl/certs/ca-certificates.crt"
    break
  done
  $as_root mmdebstrap "$@" "$release" "$kept/base.new.tar" "$from" >"$kept/base.log" 2>&1 ||
    { say "the base image could not be made: $(tail -n 1 "$kept/base.log")"; exit 1; }
  mv "$kept/base.new.tar" "$kept/base.tar"
fi
printf '%s\n' "$kept"
