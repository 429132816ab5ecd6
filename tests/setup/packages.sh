#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs the Debian packages of packages.txt that are missing: says which, then asks apt for them, through sudo if need be.
# Silent, and done in an instant, when all are there. With --check it only lists what is missing (exit 1 if anything is).
set -eu

part=packages
dir=$(dirname "$0")
. "$dir/common.sh"

command -v dpkg-query >/dev/null || adit_die "this is no Debian: install what tests/setup/packages.txt names by hand"

wanted=$(sed 's/[[:space:]]*#.*//; s/[[:space:]].*//; /^$/d' "$dir/packages.txt")
# shellcheck disable=SC2086
present=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p')
missing=$(printf '%s\n' "$wanted" | grep -vxF -e "$present" | tr '\n' ' ') || :
missing=${missing% }
[ -n "$missing" ] || exit 0

if [ "${1:-}" = --check ]; then
	adit_die "missing: $missing"
fi

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || adit_die "not root, and no sudo: as root, run: apt-get install $missing"
	as_root=sudo
fi

adit_say "installing Debian packages: $missing"
adit_workdir
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120"
# sudo may have to ask for a password: not with its question in a log.
[ -z "$as_root" ] || $as_root true || adit_die "sudo refused: as root, run: apt-get install $missing"

simulate()
{
	# shellcheck disable=SC2086
	$apt install --simulate --no-install-recommends $missing >"$work/simulate" 2>&1
}

# Lists that are not there yet, or so old that the mirror lacks what they name, are read anew.
simulate || adit_step "apt-get update" $apt update
# shellcheck disable=SC2086
if ! $apt install -y --no-install-recommends $missing >>"$log" 2>&1; then
	adit_step "apt-get update" $apt update
	# shellcheck disable=SC2086
	adit_step "apt-get install $missing" $apt install -y --no-install-recommends $missing
fi
