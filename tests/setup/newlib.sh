#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the C library of the image and of the guest payloads: newlib, from Debian's newlib-source, with the kernel's own
# code model and without floating point, so that printf, malloc and string work where no operating system is.
#
# Prints on stdout the folder that holds include/ and lib/libc.a. It is made once, under
# ${XDG_CACHE_HOME:-~/.cache}/adit/newlib-<hash>, where the hash covers this recipe, the tarball and the compiler.
set -eu

die()
{
	echo "newlib: $*" >&2
	exit 1
}

recipe=$0
tarball=$(ls /usr/src/newlib/newlib-*.tar.xz 2>/dev/null | sort | tail -n 1)
[ -n "$tarball" ] || die "no /usr/src/newlib/newlib-*.tar.xz: install Debian's package newlib-source"
for tool in clang-14 llvm-ar-14 llvm-ranlib-14 llvm-readelf-14 make xz; do
	command -v "$tool" >/dev/null || die "$tool is missing: install Debian's packages clang-14, llvm-14, make and xz-utils"
done

hash=$({ cat "$recipe" "$tarball"; clang-14 --version; } | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/adit
prefix=$cache/newlib-$hash
if [ -f "$prefix/lib/libc.a" ]; then
	touch "$prefix"
	echo "$prefix"
	exit 0
fi

mkdir -p "$cache" || die "cannot create $cache"
work=$(mktemp -d "$cache/.newlib-XXXXXX") || die "cannot create a folder in $cache (is the disk full?)"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
log=$work/log

step()
{
	# One line for the user; what the commands say is kept for the case that one fails.
	what=$1
	shift
	if ! "$@" >>"$log" 2>&1; then
		cp "$log" "$cache/newlib.log" 2>/dev/null || :
		die "$what failed (is the disk full?): see $cache/newlib.log"
	fi
}

echo "newlib: building the C library from $tarball (about a minute, once)" >&2
mkdir "$work/build" "$work/out" "$work/out/lib"
step "unpacking $tarball" tar -C "$work" -xf "$tarball"
src=$(echo "$work"/newlib-*/newlib)
[ -x "$src/configure" ] || die "no newlib/configure in $tarball"

# The build says "long double" where -mlong-double-64 makes it a double; without this ldtoa.c wants the x87.
step "editing ldtoa.c" sed -i 's/long double/double/g' "$src/libc/stdlib/ldtoa.c"

# Without -nostdlibinc the compiler would silently take the host's headers.
cc="clang-14 --target=x86_64-unknown-elf -nostdlibinc -isystem $work/build/targ-include -isystem $src/libc/include"
flags="-O2 -g0 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -mlong-double-64 -mcmodel=kernel \
-fno-stack-protector -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
-ffile-prefix-map=$work=newlib -w"

cd "$work/build"
# -C: else libc/configure believes in long double. c99-formats: else %zu and %jd print garbage.
step "configuring" "$src/configure" -C --host=x86_64-elf --disable-multilib --disable-newlib-supplied-syscalls \
	--disable-dependency-tracking --enable-newlib-nano-malloc --disable-newlib-io-float \
	--enable-newlib-io-long-long --enable-newlib-io-c99-formats --enable-newlib-retargetable-locking \
	--disable-newlib-wide-orient --disable-newlib-mb --disable-newlib-fvwrite-in-streamio \
	--disable-newlib-fseek-optimization CC="$cc" CCAS="$cc" AR=llvm-ar-14 RANLIB=llvm-ranlib-14 \
	AS="clang-14 --target=x86_64-unknown-elf -c" READELF=llvm-readelf-14 CFLAGS="$flags" CCASFLAGS="$flags" \
	MAKEINFO=true
jobs=$(nproc)
step "copying headers" env -u MAKEFLAGS -u MAKELEVEL make -j"$jobs" MAKEINFO=true stmp-targ-include
step "compiling" env -u MAKEFLAGS -u MAKELEVEL make -j"$jobs" -C libc MAKEINFO=true AR_FLAGS=rc

step "copying headers" cp -RL "$src/libc/include" "$work/out/include"
step "copying headers" cp -RL "$work/build/targ-include/." "$work/out/include/"
step "copying the library" cp "$work/build/libc/libc.a" "$work/out/lib/libc.a"

# Another build may have been faster: its result is as good as this one.
mv -T "$work/out" "$prefix" 2>/dev/null || [ -f "$prefix/lib/libc.a" ] || die "cannot create $prefix"
echo "$prefix"
