# SPDX-License-Identifier: BSD-2-Clause
#
# What the recipes in this folder share: a cache of built parts, and errors that say what to do. To be read by a POSIX
# shell script ("." it), which first sets
#
#	part	its name, the first word of every message
#
# Everything lives in $cache = ${XDG_CACHE_HOME:-~/.cache}/adit. A finished part is a folder NAME-HASH, put there by one
# rename: what is there is whole. Work goes on in $work, a folder beside it that is removed however the script ends.
#
#	adit_die WORDS...		one line on stderr, exit 1
#	adit_say WORDS...		one line on stderr
#	adit_need TOOL PACKAGE ...	dies unless each tool exists, naming the Debian package that holds it
#	adit_hash FILE...		hash of the files' names and contents (folders: all files in them), 16 digits on stdout
#	adit_hash_text			the same of stdin
#	adit_cache_path NAME FILE...	$cache/NAME-<hash of FILEs>
#	adit_have PATH			true if that part is finished; notes that it was used
#	adit_lock NAME [SECONDS]	no other script is past this point with NAME until this one ends; dies after SECONDS (1200)
#	adit_step WHAT COMMAND...	runs COMMAND with its output in $log; if it fails, dies with WHAT and the likely cause
#	adit_build NAME HASH FUNCTION	prints $cache/NAME-HASH on stdout; makes it if it is not there, under the lock NAME, by calling
#					FUNCTION with the name of an empty folder to be filled ($work exists, $log is open)
#	adit_space MEGABYTES		dies unless the cache's disk has that much room
#	adit_prune NAME			removes parts of that name that nothing has used for 30 days
#	adit_progress WHAT		filter for ninja's and make's "[12/345] ..." lines: one changing line on a terminal, else quarters
#	adit_apt_begin FOLDER SUITE	an apt of our own in FOLDER: packages and sources of SUITE from the mirror that the user's apt is
#					set up with, of whose configuration only the Acquire settings (proxies) are taken over
#	adit_apt_source PACKAGE FOLDER PATTERN	downloads the newest source package, of a version that PATTERN (a shell pattern) matches,
#					whose files the mirror really has, into FOLDER; its version is in $adit_version
#	adit_apt_binary PACKAGE FOLDER	the same for a binary package

cache=${XDG_CACHE_HOME:-$HOME/.cache}/adit
work=
log=

adit_say()
{
	echo "$part: $*" >&2
}

adit_die()
{
	adit_say "$*"
	exit 1
}

adit_need()
{
	while [ $# -gt 1 ]; do
		command -v "$1" >/dev/null || adit_die "$1 is missing: install Debian's package $2"
		shift 2
	done
}

adit_hash_text()
{
	sha256sum | cut -c 1-16
}

adit_hash()
{
	# A folder stands for its files; names count, as well as contents, and the order of the arguments does not.
	find -L "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | adit_hash_text
}

adit_cache_path()
{
	adit_name=$1
	shift
	echo "$cache/$adit_name-$(adit_hash "$@")"
}

adit_have()
{
	[ -f "$1/.complete" ] && touch "$1" 2>/dev/null
}

adit_make_cache()
{
	mkdir -p "$cache" 2>/dev/null || adit_die "cannot create $cache: set XDG_CACHE_HOME to a folder you may write to"
}

adit_cleanup()
{
	[ -z "$work" ] || rm -rf "$work"
	work=
}

# Gives $work and $log.
adit_workdir()
{
	[ -z "$work" ] || return 0
	adit_make_cache
	work=$(mktemp -d "$cache/.$part-XXXXXX") || adit_die "cannot write to $cache: is the disk full?"
	log=$work/log
	: >"$log"
	trap adit_cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

adit_lock()
{
	adit_make_cache
	exec 9>"$cache/.$1.lock" || adit_die "cannot write to $cache: is the disk full?"
	flock -n 9 && return 0
	adit_say "another build of $1 is running: waiting for it"
	flock -w "${2:-1200}" 9 || adit_die "the other build of $1 did not end in ${2:-1200} s: end it (it holds $cache/.$1.lock) and try again"
}

# Megabytes free in the cache.
adit_free()
{
	df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1024) }'
}

adit_space()
{
	[ "$(adit_free)" -ge "$1" ] ||
		adit_die "the disk is full: this takes $1 MB in $cache, and $(adit_free) MB are free (or set XDG_CACHE_HOME to another disk)"
}

# The likely cause of a failed step, from its output.
adit_cause()
{
	if grep -q "No space left on device\|Disk quota exceeded" "$log" 2>/dev/null || [ "$(adit_free)" -lt 64 ]; then
		echo "the disk is full: make room in $cache"
	elif grep -qi "Could not resolve\|Temporary failure resolving\|Failed to fetch\|Connection timed out\|Unable to connect" "$log"; then
		echo "the download failed: check the network and the proxy, then try again"
	else
		echo "see $cache/$part.log"
	fi
}

adit_step()
{
	adit_what=$1
	shift
	"$@" >>"$log" 2>&1 9>&- && return 0
	cp "$log" "$cache/$part.log" 2>/dev/null
	adit_die "$adit_what failed: $(adit_cause)"
}

adit_prune()
{
	find "$cache" -mindepth 1 -maxdepth 1 -type d -name "$1-*" -mtime +30 -exec rm -rf {} + 2>/dev/null
}

adit_progress()
{
	adit_tty=0
	[ ! -t 2 ] || adit_tty=1
	# The messages themselves are kept in $log.
	awk -v what="$part: $1" -v tty="$adit_tty" -v log_file="$log" '
	{ print >>log_file }
	match($0, /^\[[0-9]+\/[0-9]+\]/) {
		split(substr($0, 2, RLENGTH - 2), n, "/")
		if (tty)
			printf "\r%s: %d of %d", what, n[1], n[2] >"/dev/stderr"
		else if (int(4 * n[1] / n[2]) > quarter && n[2] > 100) {
			quarter = int(4 * n[1] / n[2])
			printf "%s: %d of %d\n", what, n[1], n[2] >"/dev/stderr"
		}
		seen = 1
	}
	END { if (tty && seen) printf "\n" >"/dev/stderr" }'
}

# The user's mirror of a Debian suite's main part, as apt knows it: the one for the release that runs here. $1 is "Debian" or
# "Debian-Security".
adit_mirror()
{
	apt-get indextargets --format '$(LABEL)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk -F '|' -v label="$1" '
		# Without downloaded lists there is no label: then the name of the release must do.
		$1 != "Debian" && $1 != "Debian-Security" { $1 = $2 ~ /-security$/ ? "Debian-Security" : $2 ~ /^(bookworm|trixie|stable|oldstable)$/ ? "Debian" : "" }
		$1 == label && $3 == "main" { print $4; exit }'
}

adit_apt()
{
	APT_CONFIG=$adit_apt_root/apt.conf "$@"
}

adit_apt_begin()
{
	adit_apt_root=$1
	adit_uri=$(adit_mirror Debian)
	[ -n "$adit_uri" ] || adit_die "apt knows no Debian mirror: set one up in /etc/apt/sources.list and run apt-get update"
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/empty" || adit_die "cannot write to $cache: is the disk full?"
	{
		apt-config dump 2>/dev/null | grep '^Acquire::'
		cat <<-END
		Dir::Etc::Main "/dev/null";
		Dir::Etc::Parts "$1/empty";
		Dir::Etc::SourceList "$1/sources.list";
		Dir::Etc::SourceParts "$1/empty";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "$1/empty";
		Dir::State::Lists "$1/lists";
		Dir::Cache "$1/cache";
		Acquire::Languages "none";
		Acquire::Retries "2";
		APT::Get::List-Cleanup "true";
		END
		# A folder in a user's home is not for apt's own user to read.
		[ "$(id -u)" != 0 ] || echo 'APT::Sandbox::User "root";'
	} >"$1/apt.conf"
	adit_keys=
	[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ] ||
		adit_keys=" signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
	for adit_kind in deb deb-src; do
		echo "$adit_kind [arch=amd64$adit_keys] $adit_uri $2 main"
	done >"$1/sources.list"
	# Security updates may hold a newer version; without them it goes as well.
	cp "$1/sources.list" "$1/without-security"
	adit_uri=$(adit_mirror Debian-Security)
	if [ -n "$adit_uri" ]; then
		echo "deb-src [arch=amd64$adit_keys] $adit_uri $2-security main" >>"$1/sources.list"
		adit_apt apt-get -qq update >>"$log" 2>&1 9>&- && return 0
		mv "$1/without-security" "$1/sources.list"
	fi
	adit_step "reading the package lists of Debian $2" adit_apt apt-get -qq update
}

# Newest first, as apt-cache prints them; $2 is a pattern for its third column.
adit_apt_versions()
{
	adit_apt apt-cache madison "$1" 2>/dev/null | awk -F '|' -v kind="$2" '$3 ~ kind { gsub(/ /, "", $2); print $2 }' | uniq
}

adit_apt_source()
{
	adit_version=
	for adit_try in $(adit_apt_versions "$1" Sources); do
		case $adit_try in
		$3) ;;
		*) continue ;;
		esac
		rm -rf "$2"
		mkdir "$2" || adit_die "cannot write to $cache: is the disk full?"
		if (cd "$2" && adit_apt apt-get -q --download-only source "$1=$adit_try") >>"$log" 2>&1 9>&-; then
			adit_version=$adit_try
			return 0
		fi
	done
	cp "$log" "$cache/$part.log" 2>/dev/null
	adit_tried=$(adit_apt_versions "$1" Sources | tr '\n' ' ')
	adit_die "downloading the source package $1 (${adit_tried:-no version of it is known}) failed: $(adit_cause)"
}

adit_apt_binary()
{
	mkdir -p "$2" || adit_die "cannot write to $cache: is the disk full?"
	for adit_try in $(adit_apt_versions "$1" Packages); do
		(cd "$2" && adit_apt apt-get -q download "$1=$adit_try") >>"$log" 2>&1 9>&- && return 0
	done
	cp "$log" "$cache/$part.log" 2>/dev/null
	adit_die "downloading the package $1 failed: $(adit_cause)"
}

# Puts folder $1 in place as $2, in one step.
adit_install()
{
	: >"$1/.complete" || adit_die "cannot write to $cache: is the disk full?"
	[ ! -e "$2" ] || [ -f "$2/.complete" ] || rm -rf "$2"
	[ -e "$2" ] || mv -T "$1" "$2" || adit_die "cannot create $2"
}

adit_build()
{
	adit_target=$cache/$1-$2
	if ! adit_have "$adit_target"; then
		adit_lock "$1"
		# Whoever held the lock may just have made it.
		if ! adit_have "$adit_target"; then
			# What a killed build left behind.
			[ -n "$work" ] || rm -rf "$cache/.$part-"??????
			adit_workdir
			mkdir "$work/out" || adit_die "cannot write to $cache: is the disk full?"
			"$3" "$work/out" || exit 1
			adit_install "$work/out" "$adit_target"
			adit_prune "$1"
		fi
		exec 9>&-
	fi
	echo "$adit_target"
}
