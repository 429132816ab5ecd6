#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the instruction decoder of the hypervisor: Zydis, from Debian's source package, freestanding, with the kernel's
# code model, and only as much of it as kernel/hv/decode.c asks for (the decoder in its minimal mode, without AVX-512 and
# KNC). Debian's own libzydis is for user space: red zone, SSE, position-independent.
#
# Prints on stdout the folder that holds include/ (with Zycore's headers), src/ (for builds of one's own, as the unit tests
# with sanitizers), cflags (the switches that both need) and libzydis.a. The user's apt configuration is not touched.
set -eu

part=zydis
dir=$(dirname "$0")
. "$dir/common.sh"

# One version, so that all builds are of the same source.
suite=bookworm
versions='4.0.*'
switches="-DZYDIS_MINIMAL_MODE -DZYDIS_DISABLE_ENCODER -DZYDIS_DISABLE_FORMATTER -DZYDIS_DISABLE_SEGMENT
-DZYDIS_DISABLE_AVX512 -DZYDIS_DISABLE_KNC -DZYAN_NO_LIBC -DZYDIS_STATIC_BUILD -DZYCORE_STATIC_BUILD"
files="Decoder DecoderData SharedData"

adit_need clang-14 clang-14 llvm-ar-14 llvm-14 apt-get apt dpkg-source dpkg-dev
[ -f /usr/include/Zycore/Types.h ] || adit_die "/usr/include/Zycore is missing: install Debian's package libzycore-dev"

build()
{
	out=$1
	adit_say "fetching and building the instruction decoder (some seconds, once)"
	adit_apt_begin "$work/apt" "$suite"
	adit_apt_source zydis "$work/source" "$versions"
	adit_step "unpacking the source" dpkg-source --no-check -x "$work"/source/*.dsc "$work/zydis"
	src=$work/zydis
	[ -f "$src/src/Decoder.c" ] || adit_die "Debian's source package zydis has no src/Decoder.c: another version than this recipe knows"

	mkdir "$out/include" "$out/src"
	adit_step "copying headers" cp -R "$src/include/Zydis" /usr/include/Zycore "$out/include/"
	for f in $files; do
		adit_step "copying sources" cp "$src/src/$f.c" "$out/src/"
	done
	adit_step "copying sources" cp -R "$src/src/Generated" "$out/src/Generated"
	echo $switches >"$out/cflags"

	for f in $files; do
		adit_step "compiling $f.c" clang-14 --target=x86_64-unknown-elf -std=c11 -Os -g0 -w -DNDEBUG -ffreestanding \
			-mcmodel=kernel -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
			-fno-omit-frame-pointer -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
			-nostdlibinc $switches -I"$out/include" -I"$out/src" -ffile-prefix-map="$out"=zydis \
			-c "$out/src/$f.c" -o "$work/$f.o"
	done
	adit_step "making libzydis.a" llvm-ar-14 rcD "$out/libzydis.a" $(for f in $files; do echo "$work/$f.o"; done)
}

hash=$({ cat "$0"; clang-14 --version; adit_hash /usr/include/Zycore; } | adit_hash_text)
adit_build zydis "$hash" build
