#!/usr/bin/env bash
# Fuzzes a reader of strangers' bytes, guided by coverage, on the stable toolchain: `make fuzz TARGET=films RUNS=1000000`. Without TARGET it lists the targets.
# What is new in the corpus stays in target/fuzz/corpus; an input that makes a target fail lies in target/fuzz/failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo=${CARGO:-cargo}
root=$PWD
out=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
# The flags that cargo-fuzz gives, but for the address sanitizer, which needs the nightly toolchain.
flags="-Cpasses=sancov-module"
for flag in coverage-level=4 coverage-inline-8bit-counters coverage-pc-table coverage-trace-compares; do
  flags="$flags -Cllvm-args=-sanitizer-$flag"
done
RUSTFLAGS=$flags CARGO_TARGET_DIR=$out "$cargo" build --manifest-path tests/fuzz/Cargo.toml --target "$host"
targets=$("$cargo" run --quiet --package retrato-hostile --example seeds "$out/seeds")
if [ -z "${TARGET:-}" ]; then
  printf 'Choose a TARGET (name, longest input in bytes):\n%s\n' "$targets"
  exit 0
fi
longest=$(awk -v name="$TARGET" '$1 == name { print $2 }' <<<"$targets")
[ -n "$longest" ] || { printf '%s is none of the targets:\n%s\n' "$TARGET" "$targets"; exit 2; }
mkdir -p "$out/corpus/$TARGET" "$out/failed" "tests/fuzz/corpus/$TARGET"
cd "$out/failed"
RETRATO_FUZZ_TARGET=$TARGET RAYON_NUM_THREADS=1 exec nice "$out/$host/debug/retrato-fuzz" \
  -runs="${RUNS:-1000000}" -max_len="$longest" -rss_limit_mb=2048 -timeout=10 -artifact_prefix="$TARGET-" -print_final_stats=1 \
  "$out/corpus/$TARGET" "$root/tests/fuzz/corpus/$TARGET" "$out/seeds/$TARGET"
