#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What firmware that is strict about memory protection asks of an EFI application: relocations, the NX-compatible flag,
# sections on pages of their own, none both writable and executable. And a size limit of our own.
set -eu

file=$1
limit=$2
readobj=${READOBJ:-llvm-readobj-14}

fail() {
	echo "$file: $1" >&2
	exit 1
}

size=$(wc -c <"$file")
[ "$size" -le "$limit" ] || fail "$size bytes, more than $limit"
headers=$("$readobj" --file-headers --sections "$file")
for flag in IMAGE_DLL_CHARACTERISTICS_NX_COMPAT IMAGE_DLL_CHARACTERISTICS_DYNAMIC_BASE \
	IMAGE_SUBSYSTEM_EFI_APPLICATION 'SectionAlignment: 4096' 'Name: .reloc'; do
	echo "$headers" | grep -q "$flag" || fail "lacks $flag"
done
if echo "$headers" | grep -q 'BaseRelocationTableSize: 0x0$'; then
	fail "its relocation table is empty"
fi
echo "$headers" | awk '
	/Name:/ { name = $2; w = x = 0 }
	/IMAGE_SCN_MEM_WRITE/ { w = 1 }
	/IMAGE_SCN_MEM_EXECUTE/ { x = 1 }
	/^  }/ && w && x { print name; exit 1 }
' >&2 || fail "a section is both writable and executable"
