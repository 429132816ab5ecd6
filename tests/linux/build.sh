#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian's Linux as a client of the platform: build.sh KERNEL. Prints a folder, which is made once under
# ${XDG_CACHE_HOME:-~/.cache}/adit, with
#
#	vmlinuz		the kernel package's, as it is
#	base.cpio.gz	an initramfs without /init: busybox, accel-config and its tests from trixie for any kernel; modules of
#			that kernel in /modules, with their order of loading in /modules/NAME.order
#	busybox		to make the rest of the initramfs with: its cpio
#	versions	of the packages in it
#
# KERNEL is
#
#	6.12		trixie's newest
#	6.1		bookworm's newest
#	6.12-sva	the newest 6.12 of bookworm-backports from before SVA was switched off: since early 2026 the stable kernels
#			refuse iommu_sva_bind_device() on x86, whatever the hardware, until the repair of Linux 6.19
#	7		trixie-backports' newest, which has that repair
#
# Exits with 77 if Debian has such a kernel no longer. What is once made stays: a newer kernel comes with an empty cache.
#
# All of it comes from the user's Debian mirror by an apt of its own; nothing is installed.
set -eu

part=linux
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../setup/common.sh"

kernel=${1:-6.12}
# The kernel packages to choose from, newest first, as apt knows them.
kernels=newest
case $kernel in
6.12) release=trixie ;;
6.1) release=bookworm ;;
6.12-sva) release=bookworm-backports kernels=before_2026 ;;
7) release=trixie-backports ;;
*) adit_die "$kernel: 6.12, 6.1, 6.12-sva or 7" ;;
esac

# What the tests call; what these depend on comes with them.
programs="accel-config accel-config-test busybox-static"
modules="idxd dmatest"

adit_need dpkg-deb dpkg apt-get apt xz xz-utils gzip gzip flock util-linux
hash=$(cat "$here/build.sh" "$here/../setup/common.sh" | adit_hash_text)

unpack()
{
	for deb in "$1"/*.deb; do
		adit_step "unpacking $(basename "$deb")" dpkg-deb -x "$deb" "$2"
		dpkg-deb -f "$deb" Package Version | tr '\n' ' ' | sed 's/Package: //; s/Version: //; s/ *$//' >>"$work/versions"
		echo >>"$work/versions"
	done
}

# Packages and all that they depend on, as if nothing were installed.
programs_of_trixie()
{
	adit_apt_begin "$work/programs" trixie
	: >"$work/status"
	# shellcheck disable=SC2086
	adit_step "downloading $programs" adit_apt apt-get -q -y --download-only --no-install-recommends \
		-o Dir::State::status="$work/status" -o Debug::NoLocking=1 install $programs
	unpack "$work/programs/cache/archives" "$work/tree"
}

# The package without a version stands for the newest kernel; of that itself there may be two, for security updates count.
newest()
{
	for version in $(adit_apt_versions linux-image-amd64 Packages); do
		adit_apt apt-cache show "linux-image-amd64=$version" | sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*\).*/\1/p'
	done
}

before_2026()
{
	adit_apt apt-cache pkgnames linux-image-6.12. | grep -E '^linux-image-6\.12\.([0-9]|[1-5][0-9]|6[0-8])\+deb12-amd64$' | sort -rV
}

unpack_kernel()
{
	adit_apt_begin "$work/kernel" "$release"
	sed -n 's/^deb-src \(.*-security main\)$/deb \1/p' "$work/kernel/sources.list" >"$work/security"
	cat "$work/security" >>"$work/kernel/sources.list"
	adit_step "reading the package lists of Debian $release" adit_apt apt-get -qq update
	found=$($kernels)
	if [ -z "$found" ]; then
		adit_say "Debian $release has no such kernel"
		exit 77
	fi
	image=
	# While a mirror is being updated, its lists may name what it has not.
	for try in $found; do
		adit_say "downloading $try (100 MB)"
		(adit_apt_binary "$try" "$work/image") && image=$try && break
	done
	[ -n "$image" ] || exit 1
	# Kernels of 2026 are split: an empty package that depends on these.
	for extra in $(adit_apt apt-cache depends "$image" | sed -n 's/.*Depends: *\(linux-\(binary\|modules\)-.*\)/\1/p'); do
		adit_apt_binary "$extra" "$work/image"
	done
	unpack "$work/image" "$work/linux"
}

# A module and what it needs, in the order of loading: says the files' names.
module_order()
{
	file=$(find "$work/linux" -name "$1.ko*" -o -name "$(echo "$1" | tr _ -).ko*" | head -n 1)
	[ -n "$file" ] || return 0
	case $file in
	*.xz) xz -dc "$file" >"$work/tree/modules/$1.ko" ;;
	*) cp "$file" "$work/tree/modules/$1.ko" ;;
	esac
	for needed in $(tr '\0' '\n' <"$work/tree/modules/$1.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
		(module_order "$needed")
	done
	echo "$1.ko"
}

# Only what is run: a tenth of the packages.
tree()
{
	(
		cd "$work/tree"
		rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/bash-completion usr/share/lintian usr/share/perl5 usr/lib/systemd \
			usr/share/bug usr/share/info usr/lib/x86_64-linux-gnu/gconv usr/lib/x86_64-linux-gnu/perl-base usr/share/debconf var
		find usr -name '*.a' -delete
		mkdir -p modules dev proc sys tmp run
		for link in bin sbin lib lib64; do
			[ -e "$link" ] || ln -s "usr/$link" "$link"
		done
		for m in $modules; do
			module_order "$m" | awk '!seen[$0]++' >"modules/$m.order"
		done
	)
}

pack()
{
	# Two steps: of a pipe only the last part's failure is seen.
	(cd "$work/tree" && find . | LC_ALL=C sort >"$work/files" && "$1/busybox" cpio -o -H newc -R 0:0 <"$work/files") \
		>"$work/base.cpio" 2>>"$log" || adit_die "packing the initramfs failed: $(adit_cause)"
	gzip -6 <"$work/base.cpio" >"$1/base.cpio.gz" || adit_die "cannot write to $cache: is the disk full?"
}

build()
{
	adit_space 1200
	mkdir "$work/tree" "$work/linux"
	programs_of_trixie
	unpack_kernel
	adit_step "copying the kernel" cp "$(find "$work/linux" -name 'vmlinuz*' -type f | head -n 1)" "$1/vmlinuz"
	adit_step "copying busybox" cp "$work/tree/usr/bin/busybox" "$1/busybox"
	tree || adit_die "cannot write to $cache: is the disk full?"
	pack "$1"
	cp "$work/versions" "$1/"
}

adit_build "linux-$kernel" "$hash" build
