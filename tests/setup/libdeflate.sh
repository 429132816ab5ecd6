#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds what unpacks the kernel in the loader: the gzip decompressor of libdeflate, from Debian's source package, for the
# loader's target, freestanding, and in plain C alone: what runs on one processor runs on every other.
#
# Prints on stdout the folder that holds include/libdeflate.h, src/ (for builds of one's own, as the unit tests with
# sanitizers), cflags (the switches that these need) and libdeflate.a. The user's apt configuration is not touched.
set -eu

part=libdeflate
dir=$(dirname "$0")
. "$dir/common.sh"

# One version, so that all builds are of the same source.
suite=bookworm
versions='1.14-*'
files="crc32 deflate_decompress gzip_decompress utils"
# The guards of two headers: those that choose code by what the processor has.
switches="-DLIB_X86_CRC32_IMPL_H -DLIB_X86_DECOMPRESS_IMPL_H"

adit_need clang-14 clang-14 llvm-ar-14 llvm-14 apt-get apt dpkg-source dpkg-dev

build()
{
	out=$1
	adit_say "fetching and building the decompressor (some seconds, once)"
	adit_apt_begin "$work/apt" "$suite"
	adit_apt_source libdeflate "$work/source" "$versions"
	adit_step "unpacking the source" dpkg-source --no-check -x "$work"/source/*.dsc "$work/libdeflate"
	src=$work/libdeflate
	[ -f "$src/lib/gzip_decompress.c" ] ||
		adit_die "Debian's source package libdeflate has no lib/gzip_decompress.c: another version than this recipe knows"

	mkdir "$out/include" "$out/src" "$out/src/lib"
	adit_step "copying headers" cp "$src/libdeflate.h" "$out/include/"
	adit_step "copying headers" cp "$src/common_defs.h" "$src/libdeflate.h" "$out/src/"
	adit_step "copying headers" cp -R "$src"/lib/*.h "$src/lib/x86" "$out/src/lib/"
	for f in $files; do
		adit_step "copying sources" cp "$src/lib/$f.c" "$out/src/lib/"
	done
	echo "$switches" >"$out/cflags"

	# -mno-incremental-linker-compatible: else the time goes into each object.
	for f in $files; do
		adit_step "compiling $f.c" clang-14 --target=x86_64-unknown-windows -fno-ms-extensions -fno-ms-compatibility -std=c11 \
			-O2 -g0 -w -ffreestanding -mno-red-zone -mno-sse -fno-stack-protector -mno-stack-arg-probe -nostdlibinc \
			-mno-incremental-linker-compatible -DFREESTANDING $switches -I"$out/src" \
			-ffile-prefix-map="$out"=libdeflate \
			-c "$out/src/lib/$f.c" -o "$work/$f.o"
	done
	adit_step "making libdeflate.a" llvm-ar-14 rcD "$out/libdeflate.a" $(for f in $files; do echo "$work/$f.o"; done)
}

hash=$({ cat "$0"; clang-14 --version; } | adit_hash_text)
adit_build libdeflate "$hash" build
