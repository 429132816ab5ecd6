#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the fuzzers have found worth keeping still holds, under the sanitizers; and a few rounds of a bad driver on the machine.
# `make fuzz` goes on from here.
set -u
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
log=$work/log
mkdir "$work/new"
trap 'exit 1' HUP INT TERM

number=0
# check NAME COMMAND...: what it says becomes comments if it fails.
check()
{
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$log" 2>&1; then
		echo "ok $number - $name"
	else
		tail -n 40 "$log" | sed 's/^/# /'
		echo "# reproduce: $*"
		echo "not ok $number - $name"
	fi
}

for source in tests/fuzz/*.c; do
	target=$(basename "$source" .c)
	corpus=tests/fuzz/corpus/$target
	inputs=$(find "$corpus" -type f | wc -l)
	check "$target has a corpus" test "$inputs" -ge 10
	check "$target: $inputs inputs" "build/fuzz/$target" -runs=0 -artifact_prefix=build/fuzz/ "$corpus"
	check "$target: some new ones" "build/fuzz/$target" -runs=2000 -seed=1 -max_len=400 -artifact_prefix=build/fuzz/ "$work/new" "$corpus"
done
check "a bad driver" tests/fuzz/qtest --rounds 5 --seed 1
echo "1..$number"
