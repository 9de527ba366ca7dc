#!/usr/bin/env bash
# Proves the Debian package of `make package`: lintian, then a fresh Debian in a container under its own systemd and without
# a network, in which it is installed, asked, upgraded, removed, installed again and purged (test-inside.sh).
#
# As root, with debootstrap, lintian and systemd-container. The fresh Debian is kept in the cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly SUITE=bookworm
[ "$(id -u)" -eq 0 ] || { echo "a container is started by root alone" >&2; exit 1; }
new=$(ls target/package/izingate_*.deb)
[ -f "$new" ] || { echo "one package is expected in target/package, found: $new" >&2; exit 1; }

lintian --allow-root --fail-on error,warning "$new"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/debian

# The package before: of a lower revision, with another line in its configuration.
dpkg-deb -R "$new" "$work/old"
sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/old/DEBIAN/control"
echo '# Of the version before.' >>"$work/old/etc/izingate/izingate.toml"

# Beside systemd it holds only what the package depends on.
depends=$(dpkg-deb -f "$new" Depends | sed 's/([^)]*)//g; s/ //g')
include="systemd,systemd-sysv,dbus,curl,$depends"
cached=${XDG_CACHE_HOME:-$HOME/.cache}/izingate-debian/$SUITE-$(md5sum <<<"$include" | cut -c 1-8).tar
if [ ! -f "$cached" ]; then
    mkdir -p "$(dirname "$cached")"
    debootstrap --variant=minbase --include="$include" "$SUITE" "$root" >"$work/debootstrap.log" ||
        { tail -20 "$work/debootstrap.log" >&2; exit 1; }
    tar -C "$root" -cf "$cached.new" .
    mv "$cached.new" "$cached"
else
    mkdir "$root"
    tar -C "$root" -xf "$cached"
fi

mkdir "$root/test"
cp "$new" "$root/test/new.deb"
dpkg-deb -Znone -b "$work/old" "$root/test/old.deb" >/dev/null
cp deploy/debian/test-inside.sh "$root/test/"
# systemd ends with the test, and with its status.
cat >"$root/etc/systemd/system/package-test.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=exit
FailureAction=exit
FailureActionExitStatus=1

[Service]
Type=oneshot
ExecStart=/bin/bash /test/test-inside.sh
StandardOutput=file:/test/log
StandardError=file:/test/log
UNIT
mkdir -p "$root/etc/systemd/system/default.target.wants"
ln -s ../package-test.service "$root/etc/systemd/system/default.target.wants/"

status=0
timeout 600 systemd-nspawn --quiet --directory "$root" --register=no --keep-unit --private-network --boot \
    </dev/null >"$work/console" 2>&1 || status=$?
cat "$root/test/log" || tail -50 "$work/console" >&2
exit "$status"
