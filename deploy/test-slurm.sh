#!/bin/sh
# Installs from Debian the batch system that tests run notebooks with: Slurm, munge and environment modules. Their services are not started:
# the tests start daemons of their own. Says what is missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
PATH="$PATH:/usr/sbin:/sbin"
wanted=""
{ command -v slurmctld && command -v slurmd && command -v sbatch; } >/dev/null 2>&1 || wanted="$wanted slurm-wlm"
command -v munged >/dev/null 2>&1 || wanted="$wanted munge"
[ -r /usr/share/modules/init/bash ] || wanted="$wanted environment-modules"
[ -z "$wanted" ] && exit 0
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"
mkdir -p "$kept"
exec 9>"$kept/.lock"
flock 9
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
  say "the tests need more programs; type: sudo apt-get install$wanted"; exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq >/dev/null 2>&1 || true
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -y -qq --no-install-recommends $wanted >/dev/null 2>&1 || { say "could not install:$wanted"; exit 1; }
