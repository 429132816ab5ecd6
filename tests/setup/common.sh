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
#	adit_prune NAME			removes parts of that name that nothing has used for 30 days

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

# The likely cause of a failed step, from its output.
adit_cause()
{
	if grep -q "No space left on device\|Disk quota exceeded" "$log" 2>/dev/null || ! : >>"$work/probe" 2>/dev/null; then
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
