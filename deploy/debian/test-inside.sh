#!/usr/bin/env bash
# The life of the package in a fresh Debian that runs systemd; started by test.sh. Prints what holds and what does not.
set -uo pipefail

passed=0 failed=0

# check TEXT COMMAND...: whether the command succeeds.
check() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok      $text"
    else
        failed=$((failed + 1))
        echo "FAILED  $text: $*"
        sed 's/^/        /' <<<"$output"
    fi
}

not() { ! "$@"; }
# equal EXPECTED COMMAND...: whether the command prints this.
equal() {
    local expected=$1 found
    shift
    found=$("$@")
    [ "$found" = "$expected" ] || { echo "expected: $expected"; echo "found: $found"; return 1; }
}
# exits STATUS COMMAND...: whether the command ends with this status.
exits() {
    local expected=$1 status=0
    shift
    "$@" || status=$?
    [ "$status" -eq "$expected" ] || { echo "expected status $expected, found $status"; return 1; }
}

main_pid() { systemctl show --property MainPID --value izingate; }
ready() { curl --silent --show-error --fail --retry 30 --retry-delay 1 --retry-all-errors http://127.0.0.1:7071/readyz; }
ask() { izingate check --brand 700001 --type MESAJ "$1"; }
runs_as_its_user() {
    equal "$(id -u izingate)" awk '/^Uid:/ { print $3 }' "/proc/$(main_pid)/status" &&
        equal "/usr/bin/izingate serve --config /etc/izingate/izingate.toml " tr '\0' ' ' <"/proc/$(main_pid)/cmdline"
}
answers() {
    check "$1: ready" ready
    check "$1: an approval is ALLOW" exits 0 ask "+90 532 000 10 01"
    check "$1: a refusal is DENY" exits 6 ask "+90 532 000 10 02"
}
data_is_private() { equal "" find /var/lib/izingate \( -perm /077 -o -not -user izingate -o -not -group izingate \); }

export DEBIAN_FRONTEND=noninteractive
dpkg_install() { dpkg --force-confold --install "$1"; }

systemctl mask izingate
check "masked, it is installed" dpkg_install /test/old.deb
check "masked, it does not start" not systemctl is-active izingate
check "masked, it is purged" dpkg --purge izingate
check "a purge leaves an operator's mask" equal masked systemctl is-enabled izingate
systemctl unmask izingate

check "it is installed" dpkg_install /test/old.deb
check "its user is a system user without a shell" \
    equal "/var/lib/izingate:/usr/sbin/nologin" sh -c 'getent passwd izingate | cut -d : -f 6,7'
check "its user's number is a system's" test "$(id -u izingate)" -lt 1000
check "the data directory is its alone" equal "izingate izingate 700" stat -c "%U %G %a" /var/lib/izingate
check "the configuration is root's" equal "root root 644" stat -c "%U %G %a" /etc/izingate/izingate.toml
check "it is enabled" systemctl is-enabled izingate
check "it runs" systemctl is-active izingate
check "the bridge for Asterisk is not enabled" not systemctl is-enabled izingate-agi
check "the bridge for Asterisk does not run" not systemctl is-active izingate-agi
check "systemd finds no fault in the units" equal "" systemd-analyze verify izingate.service izingate-agi.service
check "it runs as its user, with the installed configuration" runs_as_its_user
has_pages() {
    local page pages
    pages=$(izingate --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/-\1/p' | grep -vx -- -help)
    [ "$(wc -w <<<"$pages")" -ge 20 ] || { echo "expected 20 commands or more in the help, found: $pages"; return 1; }
    for page in "" $pages -brand-add -evidence-dossier; do
        gzip -t "/usr/share/man/man1/izingate$page.1.gz" || return 1
    done
}
check "each command has a manual page" has_pages
check "bash completes its commands" bash -c '. /usr/share/bash-completion/completions/izingate
    COMP_WORDS=(izingate comp) COMP_CWORD=1; _izingate izingate comp izingate; [ "${COMPREPLY[*]}" = completions ]'

check "before it knows of a brand: ready" ready
check "before it knows of a brand: no ALLOW" exits 6 ask "+90 532 000 10 01"

check "it made a secret" test -f /var/lib/izingate/secret.key
systemctl stop izingate
find /var/lib/izingate -mindepth 1 -delete
head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >/test/secret.key
install -m 0640 -g izingate /test/secret.key /etc/izingate/secret.key
sed -i 's|^# secret_file = .*|secret_file = "/etc/izingate/secret.key"|' /etc/izingate/izingate.toml
check "it starts with an operator's secret" systemctl start izingate
check "with an operator's secret: ready" ready
check "with an operator's secret it makes none" test ! -e /var/lib/izingate/secret.key
check "a brand is added" izingate brand add --brand 700001 --iys-code 700000 --title Deneme
cp /usr/share/doc/izingate/examples/sample/movements.csv /test/
check "the sample is imported, but for one row" exits 2 izingate import --brand 700001 /test/movements.csv
answers "installed"
check "what it wrote is its alone" data_is_private

sed -i 's/^level = "info"/level = "warn"/' /etc/izingate/izingate.toml
check "the operator's setting is in place" grep -q '^level = "warn"' /etc/izingate/izingate.toml
before=$(main_pid)
check "it is upgraded" dpkg_install /test/new.deb
check "the upgrade is another version" not equal "0.0.1-1" dpkg-query -f '${Version}' -W izingate
check "it runs after the upgrade" systemctl is-active izingate
check "the upgrade restarted it" not equal "$before" main_pid
check "the operator's setting is kept" grep -q '^level = "warn"' /etc/izingate/izingate.toml
answers "upgraded"
check "what it wrote is its alone after the upgrade" data_is_private

systemctl disable --now izingate
check "it is installed once more" dpkg_install /test/new.deb
check "what an operator stopped stays stopped" not systemctl is-active izingate
check "what an operator disabled stays disabled" not systemctl is-enabled izingate
systemctl enable --now izingate
check "it runs again" systemctl is-active izingate

check "it is removed" dpkg --remove izingate
check "it has ended" not systemctl is-active izingate
check "the program is gone" test ! -e /usr/bin/izingate
check "its unit is gone" test ! -e /usr/lib/systemd/system/izingate.service
check "the configuration is kept" grep -q '^level = "warn"' /etc/izingate/izingate.toml
check "the data is kept" test -d /var/lib/izingate/evidence
check "the user is kept" getent passwd izingate
check "it is installed after the removal" dpkg_install /test/new.deb
check "it runs after the removal" systemctl is-active izingate
answers "after the removal"

check "it is purged" dpkg --purge izingate
check "a purge leaves an operator's own files" test -e /etc/izingate/secret.key
rm -r /etc/izingate
check "a purge leaves no user" not getent passwd izingate
check "a purge leaves no group" not getent group izingate
check "a purge leaves no process" not grep -ql izingate /proc/[0-9]*/comm
check "a purge leaves no file" equal "" find / -xdev -path /proc -prune -o -path /sys -prune -o -path /test -prune -o -name '*izingate*' -print

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
