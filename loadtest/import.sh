#!/usr/bin/env bash
# Imports a generated day file of a million rows into a fresh data directory, twice, and says how fast,
# with how much memory, beside the published rate of a commercial İYS integrator (1 M records in 7 min).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows="${ROWS:-1000000}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cargo build --release --locked --bins
izingate="${CARGO_TARGET_DIR:-target}/release/izingate"
if ((rows > 1000000)); then
    # Python takes a minute a million.
    mkdir "$work/files"
    cargo run --release --locked --quiet --example day_file -- "$rows" "${SEED:-1}" >"$work/files/movements.csv"
else
    python3 tests/tools/movements.py --rows "$rows" --seed "${SEED:-1}" --broken 0 --out "$work/files"
fi
"$izingate" brand add --data "$work/data" --brand 601234 --iys-code 600000 --title Loadtest >/dev/null

measure() {
    python3 - "$izingate" "$work" "$1" <<'PY'
import resource, subprocess, sys, time
izingate, work, name = sys.argv[1:]
begun = time.monotonic()
subprocess.run([izingate, "import", "--data", f"{work}/data", "--brand", "601234", f"{work}/files/movements.csv"],
               check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
took = time.monotonic() - begun
with open(f"{work}/files/movements.csv", "rb") as file:
    rows = sum(1 for _ in file) - 1
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
rate = rows / took
print(f"| {name} | {rows:,} | {took:.1f} s | {rate:,.0f} | {rate / 2381:.0f} × | {peak:.0f} MiB |")
PY
}

echo "| import | rows | time | rows/s | against 2,381/s published | peak memory |"
echo "|---|---|---|---|---|---|"
measure "into an empty directory"
measure "the same file again"
