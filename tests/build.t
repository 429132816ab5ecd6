#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is built: the same bit for bit from another path, small enough, of C that is formatted as agreed, and described as it is.
set -u
cd "$(dirname "$0")/.." || exit 1
limit=$(sed -n "s/^BOOT_SIZE_LIMIT := //p" boot/boot.mk)

copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MAKELEVEL MFLAGS

number=0
# result STATUS NAME
result()
{
	number=$((number + 1))
	[ "$1" = 0 ] && echo "ok $number - $2" || echo "not ok $number - $2"
}

# run COMMAND...: its output becomes comments if it fails.
run()
{
	"$@" >"$copy/log" 2>&1 && return 0
	tail -n 20 "$copy/log" | sed 's/^/# /'
	return 1
}

echo 1..7
mkdir "$copy/elsewhere"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$copy/elsewhere"
# A clock, a language and a user's limits that are different, too.
run env TZ=Pacific/Apia LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH= make -C "$copy/elsewhere" -j"$(nproc)" image
result $? "builds from another path"
for file in adit.elf BOOTX64.EFI adit.img; do
	run cmp "build/$file" "$copy/elsewhere/build/$file"
	result $? "$file is the same from another path"
done

size=$(stat -c %s build/BOOTX64.EFI)
[ "$size" -le "$limit" ]
result $? "BOOTX64.EFI has at most $limit bytes"
echo "# it has $size"

run make --no-print-directory format-check
result $? "the C is formatted as .clang-format says"

{
	sed -n 1,4p docs/sections.md
	make -s sections 2>/dev/null
} >"$copy/sections.md"
run diff docs/sections.md "$copy/sections.md"
result $? "docs/sections.md names the tests that the image has"
