#!/bin/sh
# Prepares Apptainer for the tests, which Debian has in sid alone: a root of sid and a program that enters it.
# Prints the directory that holds `apptainer`; the shared file system is seen at the same paths inside.
# Says what is missing in one line.
set -eu
say() { printf 'reprise: %s\n' "$*" >&2; }
packages=apptainer,squashfs-tools,ca-certificates
kept="${XDG_CACHE_HOME:-$HOME/.cache}/reprise-tests"
mkdir -p "$kept"
exec 9>"$kept/.lock-apptainer"
flock 9

command -v mmdebstrap >/dev/null 2>&1 || sh "$(dirname "$0")/test-containers.sh" >/dev/null
[ "$(id -u)" = 0 ] || { say "Apptainer is tested as root; type: sudo sh deploy/test-apptainer.sh"; exit 1; }

root="$kept/apptainer-root"
if [ ! -e "$root/.complete" ]; then
  # The mirror that this machine was configured with, in whatever way its sources are written.
  # shellcheck disable=SC2016 # apt fills these in
  from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | awk '/debian\/?$/ { print; exit }')
  [ -n "$from" ] || { say "apt knows no mirror of Debian; add one to /etc/apt/sources.list.d"; exit 1; }
  rm -rf "$root" "$root.new"
  # A mirror may be some weeks behind, which sid's lists do not allow; their signature is checked all the same.
  mmdebstrap --quiet --variant=minbase --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    sid "$root.new" "$from" >"$kept/apptainer.log" 2>&1 ||
    { say "the root with Apptainer could not be made: $(tail -n 1 "$kept/apptainer.log")"; exit 1; }
  # Apptainer mounts these over the image's own, and wants to find them.
  touch "$root.new/etc/hosts" "$root.new/etc/resolv.conf" "$root.new/.complete"
  mv "$root.new" "$root"
fi

bin="$kept/apptainer-bin"
mkdir -p "$bin"
cat >"$bin/apptainer.new" <<END
#!/bin/sh
# In a mount namespace of its own: programs, settings and /var of the root, everything else of this machine.
exec unshare --mount --propagation private /bin/sh -c '
PATH=\$PATH:/usr/sbin:/sbin
root=\$1; here=\$2; shift 2
mount --bind "\$root" "\$root"
for place in /*; do
  case "\$place" in /usr|/bin|/sbin|/lib*|/etc|/var|/proc) continue ;; esac
  [ -d "\$place" ] && [ ! -L "\$place" ] || continue
  mkdir -p "\$root\$place"
  mount --rbind "\$place" "\$root\$place"
done
mount --rbind /proc "\$root/proc"
cd "\$root"
pivot_root . .
umount -l .
cd "\$here" 2>/dev/null || cd /
exec /usr/bin/apptainer "\$@"
' sh "$root" "\$PWD" "\$@"
END
chmod 755 "$bin/apptainer.new"
mv "$bin/apptainer.new" "$bin/apptainer"
printf '%s\n' "$bin"
