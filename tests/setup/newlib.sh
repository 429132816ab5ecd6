#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The C library of the image and of the guest payloads: newlib, from Debian's newlib-source, with the kernel's own code
# model and without floating point, so that printf, malloc and string work where no operating system is.
#
# Prints on stdout the folder that holds include/ and lib/libc.a. It is made once, under
# ${XDG_CACHE_HOME:-~/.cache}/adit/newlib-<hash>, where the hash covers this recipe, the tarball and the compiler.
set -u
part=newlib
. "$(dirname "$0")/common.sh"

flags="-O2 -g0 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -mlong-double-64 -mcmodel=kernel \
-fno-stack-protector -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -w"

build()
{
	out=$1
	adit_say "building the C library from $tarball (about a minute, once)"
	mkdir "$work/build" "$out/lib"
	adit_step "unpacking $tarball" tar -C "$work" -xf "$tarball"
	src=$(echo "$work"/newlib-*/newlib)
	[ -x "$src/configure" ] || adit_die "no newlib/configure in $tarball"

	# The library says "long double" where -mlong-double-64 makes it a double; without this ldtoa.c wants the x87.
	adit_step "editing ldtoa.c" sed -i 's/long double/double/g' "$src/libc/stdlib/ldtoa.c"

	# Without -nostdlibinc the compiler would silently take the host's headers.
	cc="clang-14 --target=x86_64-unknown-elf -nostdlibinc -isystem $work/build/targ-include -isystem $src/libc/include"
	cflags="$flags -ffile-prefix-map=$work=newlib"

	cd "$work/build" || adit_die "cannot write to $cache: is the disk full?"
	# -C: else libc/configure believes in long double. c99-formats: else %zu and %jd print garbage.
	adit_step "configuring" "$src/configure" -C --host=x86_64-elf --disable-multilib --disable-newlib-supplied-syscalls \
		--disable-dependency-tracking --enable-newlib-nano-malloc --disable-newlib-io-float \
		--enable-newlib-io-long-long --enable-newlib-io-c99-formats --enable-newlib-retargetable-locking \
		--disable-newlib-wide-orient --disable-newlib-mb --disable-newlib-fvwrite-in-streamio \
		--disable-newlib-fseek-optimization CC="$cc" CCAS="$cc" AR=llvm-ar-14 RANLIB=llvm-ranlib-14 \
		AS="clang-14 --target=x86_64-unknown-elf -c" READELF=llvm-readelf-14 CFLAGS="$cflags" CCASFLAGS="$cflags" \
		MAKEINFO=true
	# The user's make must not hand its own flags down.
	unset MAKEFLAGS MAKELEVEL MFLAGS
	adit_step "copying headers" make MAKEINFO=true stmp-targ-include
	# AR_FLAGS: with -C libc the archive would else not be made.
	adit_step "compiling" make -j"$(nproc)" -C libc MAKEINFO=true AR_FLAGS=rcD

	adit_step "copying headers" cp -RL "$src/libc/include" "$out/include"
	adit_step "copying headers" cp -RL "$work/build/targ-include/." "$out/include/"
	adit_step "copying the library" cp "$work/build/libc/libc.a" "$out/lib/libc.a"
}

# The newest that is installed.
tarball=
for file in /usr/src/newlib/newlib-*.tar.xz; do
	[ ! -f "$file" ] || tarball=$file
done
[ -n "$tarball" ] || adit_die "no /usr/src/newlib/newlib-*.tar.xz: install Debian's package newlib-source"
adit_need clang-14 clang-14 llvm-ar-14 llvm-14 llvm-ranlib-14 llvm-14 llvm-readelf-14 llvm-14 make make xz xz-utils

hash=$({ cat "$0"; clang-14 --version; adit_hash "$tarball"; } | adit_hash_text)
adit_build newlib "$hash" build
