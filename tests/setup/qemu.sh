#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the emulator of the platform: QEMU 10.0 from Debian trixie's source package, with tests/qemu/patches and the device
# models of tests/qemu, and only what the machine needs. The user's apt configuration is not touched.
#
# Prints on stdout the path of qemu-system-x86_64, which is made once under
# ${XDG_CACHE_HOME:-~/.cache}/adit/qemu-<hash>. The hash covers this recipe, the patches, the models, the headers that they
# share with the firmware, and the compiler. A second folder, qemu-tree-<hash> of recipe and patches only, keeps source and
# objects, so that a change in a model compiles that model and not 1,300 files.
set -eu

part=qemu
dir=$(dirname "$0")
. "$dir/common.sh"
root=$(cd "$dir/../.." && pwd)
recipe=$root/tests/setup/qemu.sh

# Debian's release, and the versions that the patches are for.
suite=trixie
versions='1:10.0.*'

# The models: what QEMU's build sees of tests/qemu. The headers of the firmware that they include, and those that these include.
overlay_files()
{
	(
		cd "$root"
		find tests/qemu -name Kconfig -o -name meson.build -o -name '*.[ch]'
		found=$(find tests/qemu -name '*.[ch]')
		while [ -n "$found" ]; do
			# shellcheck disable=SC2086
			found=$(sed -n 's/^#include "\(\(drivers\|kernel\)\/[^"]*\)".*/\1/p' $found | sort -u)
			[ -z "$found" ] || printf '%s\n' "$found"
		done
	) | LC_ALL=C sort -u
}

adit_need gcc gcc ninja ninja-build pkg-config pkg-config python3 python3 patch patch dpkg-source dpkg-dev flock util-linux
overlay=$(overlay_files)
compiler=$(gcc --version | head -n 1)
tree_hash=$({ cat "$recipe" "$root"/tests/qemu/patches/*.patch; echo "$compiler"; } | adit_hash_text)
hash=$({ echo "$tree_hash"; cd "$root"; sha256sum tests/qemu/adit.mak $overlay; } | adit_hash_text)
tree=$cache/qemu-tree-$tree_hash

# --- the tree: source, patched, and a folder to build in ---

unpack()
{
	new=$1
	adit_say "building QEMU with the platform's models: some minutes, once"
	adit_space 1000
	adit_apt_begin "$work/apt" "$suite"
	adit_say "downloading its source from Debian $suite (40 MB)"
	adit_apt_source qemu "$work/source" "$versions"
	adit_apt_binary meson "$work/meson"
	adit_step "unpacking QEMU's source (400 MB)" \
		dpkg-source --no-check -x "$work"/source/qemu_*.dsc "$new/src"
	adit_step "unpacking meson" dpkg-deb -x "$work"/meson/meson_*.deb "$new/meson"
	# Sources of firmware that is not built here: two thirds of it all.
	rm -rf "$work/source" "$new/src/roms"
	mkdir "$new/src/roms"
	for p in "$root"/tests/qemu/patches/*.patch; do
		adit_step "applying $(basename "$p") to QEMU $adit_version" patch -d "$new/src" -p1 -s -f -i "$p"
	done
	echo "$adit_version" >"$new/version"
}

# Copies what differs, so that only that is compiled again; drops what is gone.
update_overlay()
{
	(
		cd "$root"
		cmp -s tests/qemu/adit.mak "$tree/src/configs/devices/x86_64-softmmu/adit.mak" ||
			cp tests/qemu/adit.mak "$tree/src/configs/devices/x86_64-softmmu/"
		for f in $overlay; do
			cmp -s "$f" "$tree/src/$f" && continue
			mkdir -p "$tree/src/$(dirname "$f")" && cp "$f" "$tree/src/$f" || exit 1
		done
		cd "$tree/src"
		find tests/qemu drivers kernel -type f | LC_ALL=C sort | while read -r f; do
			[ -e "$root/$f" ] || rm -f "$f"
		done
	)
}

# Debian's own interpreter and the meson of the tree, whatever else the user has.
in_build()
{
	(cd "$tree/build" && env -u CFLAGS -u LDFLAGS -u CPPFLAGS -u CC -u MAKEFLAGS -u MAKELEVEL \
		PYTHONPATH="$tree/meson/usr/lib/python3/dist-packages" "$@")
}

configure()
{
	# A build folder that was moved would compile what lies at the old place; one whose configuring was cut off, nothing.
	[ "$(cat "$tree/build/.configured" 2>/dev/null)" = "$tree" ] && [ -f "$tree/build/build.ninja" ] && return 0
	rm -rf "$tree/build"
	mkdir "$tree/build"
	adit_say "configuring QEMU $(cat "$tree/version")"
	adit_step "configuring QEMU" in_build ../src/configure --python=/usr/bin/python3 --target-list=x86_64-softmmu \
		--without-default-features --enable-tcg --enable-system --enable-fdt=system --enable-pixman --enable-png \
		--disable-docs --disable-install-blobs --disable-download --disable-debug-info \
		--without-default-devices --with-devices-x86_64=adit
	echo "$tree" >"$tree/build/.configured"
}

compile()
{
	{ in_build ninja qemu-system-x86_64 2>&1 9>&- && : >"$work/compiled"; } | adit_progress "compiling QEMU"
	[ -f "$work/compiled" ] && return 0
	cp "$log" "$cache/qemu.log" 2>/dev/null
	error=$(grep -m 1 -E '(error:|ERROR:)' "$log" || :)
	adit_die "compiling QEMU failed: ${error:+$error; }$(adit_cause)"
}

build()
{
	if ! adit_have "$tree"; then
		mkdir "$work/tree"
		unpack "$work/tree"
		adit_install "$work/tree" "$tree"
		adit_prune qemu-tree
	fi
	adit_step "copying the models" update_overlay
	configure
	compile
	adit_step "copying QEMU" strip -o "$1/qemu-system-x86_64" "$tree/build/qemu-system-x86_64"
	cp "$tree/version" "$1/version"
	adit_say "QEMU $(cat "$tree/version") is ready"
}

path=$(adit_build qemu "$hash" build)
echo "$path/qemu-system-x86_64"
