# SPDX-License-Identifier: BSD-2-Clause
#
# Boots the image on the emulated platform and takes its TAP apart. For tests/*.t and tests/harness/run-image.
#
#	boot(%boot)		one boot
#	boot_all($jobs, @boots)	several, $jobs at a time; results in the order of @boots
#	machine({%boot})	the variables that chose the machine, as a shell wants them in front of a command
#	reproduce($run)		the one command that does the same again
#
# %boot, all optional:
#	config	=> ['tests=dsa.*', ...]	words of the configuration
#	env	=> { ADIT_IOMMU => 'off' }	the machine: see tests/qemu/platform
#	uefi	=> FILE		a disk image, booted from USB by the firmware, with config behind its \adit.cfg; else build/adit.elf
#				is started without firmware
#	qemu	=> [...]	more options
#	command	=> [...]	another emulator than QEMU, with the serial line on its standard output: all of the above but env is its
#				caller's business. It cannot be left from within: it is ended when the image says that the run is over.
#	limit	=> SECONDS	end it after that (120)
#	until	=> qr/.../	end it at the first line like that before the image's own: what is awaited of firmware or loader
#	line	=> sub ($line) {...}	is called with each line from "TAP version" on
#
# The result:
#	status		QEMU's exit status, or what it would be; undef if a signal ended it
#	trouble		'' or one line: the time limit and what was waited for, a machine that reset, a QEMU that did not start
#	seen		the line that until waited for; undef if it never came
#	lines, noise	the image's lines from "TAP version" on; what came before
#	tests		name => { ok, skip => reason or undef, yaml => text }
#	stderr		QEMU's own words
package Image;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Select;
use POSIX ();
use Time::HiRes qw(time);

our @EXPORT_OK = qw(boot boot_all verdict firmware elf copy_image change_config
	start_from_shell selected machine reproduce $root);
our $root = dirname(dirname(dirname(abs_path(__FILE__))));

# tests/runner/run.h, enum run_status, as isa-debug-exit makes them exit statuses.
my %verdicts = (
	33 => 'PASS',
	35 => 'SKIPPED: nothing ran, this machine lacks what the tests need',
	37 => 'SET-UP ERROR',
	39 => 'FAIL',
	41 => 'CRASH',
	43 => 'HANG',
);
my $elf = "$root/build/adit.elf";
my @firmware = ('-bios', '/usr/share/ovmf/OVMF.fd');
my %running; # pid => 1

# Nothing outlives us: END for ordinary ends, the signals that end us, and for SIGKILL the kernel (in start()).
for my $signal (qw(INT TERM HUP)) {
	$SIG{$signal} = sub {
		kill KILL => keys %running;
		$SIG{$signal} = 'DEFAULT';
		kill $signal => $$;
	};
}

END {
	my $status = $?;
	kill KILL => keys %running;
	$? = $status;
}

sub verdict {
	my ($status) = @_;
	return $verdicts{$status} // "no verdict (QEMU's exit status $status)";
}

sub firmware { return @firmware }
sub elf { return $elf }

sub quoted {
	my ($word) = @_;
	return $word if $word =~ m{^[\w./,=:*+-]+$};
	return "'" . $word =~ s/'/'\\''/gr . "'";
}

sub machine {
	my ($boot) = @_;
	my %env = (%ENV, %{ $boot->{env} // {} });
	return join '', map { length($env{$_} // '') ? "$_=" . quoted($env{$_}) . ' ' : () } qw(ADIT_IOMMU ADIT_DSA ADIT_CPU ADIT_SMP);
}

sub reproduce {
	my ($run) = @_;
	my $boot = $run->{boot};
	my @words = ($boot->{uefi} ? '-u' : (), map { quoted($_) } @{ $boot->{config} // [] });
	push @words, '--', map { quoted($_) } @{ $boot->{qemu} } if @{ $boot->{qemu} // [] };
	return join ' ', machine($boot) . 'tests/harness/run-image', @words;
}

sub run_or_die {
	system(@_) == 0 or die "@_ failed\n";
}

# A copy of a disk image in a folder that goes away with us.
sub copy_image {
	my ($from) = @_;
	my $to = tempdir(CLEANUP => 1) . '/adit.img';
	run_or_die('cp', '--sparse=always', $from, $to);
	return $to;
}

# $text behind \adit.cfg of a disk image, or in place of it; undef: without the file.
sub change_config {
	my ($image, $text, %how) = @_;
	local $ENV{MTOOLS_SKIP_CHECK} = 1;
	my $cfg = dirname($image) . '/adit.cfg';
	if (!defined $text) {
		return run_or_die('mdel', '-i', "$image\@\@1M", '::/adit.cfg');
	}
	if (!$how{replace}) {
		run_or_die('mcopy', '-n', '-o', '-i', "$image\@\@1M", '::/adit.cfg', $cfg);
	} else {
		unlink $cfg;
	}
	open my $out, '>>', $cfg or die "$cfg: $!\n";
	print $out "\n$text\n";
	close $out or die "$cfg: $!\n";
	run_or_die('mcopy', '-o', '-i', "$image\@\@1M", $cfg, '::/adit.cfg');
}

# The loader is no longer where the firmware looks for it: the firmware's shell starts it with this command.
sub start_from_shell {
	my ($image, $command) = @_;
	local $ENV{MTOOLS_SKIP_CHECK} = 1;
	my $script = dirname($image) . '/startup.nsh';
	open my $out, '>', $script or die "$script: $!\n";
	print $out "$command\r\n";
	close $out or die "$script: $!\n";
	run_or_die('mcopy', '-i', "$image\@\@1M", $script, '::/startup.nsh');
	run_or_die('mmove', '-i', "$image\@\@1M", '::/EFI/BOOT/BOOTX64.EFI', '::/adit.efi');
}

sub options {
	my ($boot) = @_;
	my @config = @{ $boot->{config} // [] };
	my @options;
	if ($boot->{uefi}) {
		my $image = $boot->{uefi};
		if (@config) {
			$image = copy_image($image);
			change_config($image, join("\n", @config));
		}
		# snapshot: the firmware writes its variables to whatever it boots from.
		push @options, @firmware, '-device', 'qemu-xhci', '-drive', "if=none,id=stick,format=raw,snapshot=on,file=$image",
			'-device', 'usb-storage,drive=stick,bootindex=0';
	} elsif (!$boot->{bare}) {
		push @options, '-kernel', $elf, '-append', join(' ', @config);
	}
	return (@options, @{ $boot->{qemu} // [] });
}

# Starts the emulator; its standard output is our end of the pipe.
sub start {
	my ($boot) = @_;
	if (!$boot->{command} && !$ENV{ADIT_QEMU}) {
		chomp($ENV{ADIT_QEMU} = `$root/tests/setup/qemu.sh`);
		die "no emulator\n" if $? || !$ENV{ADIT_QEMU};
	}
	my @command = $boot->{command} ? @{ $boot->{command} }
		: ("$root/tests/qemu/platform", '-serial', 'stdio', options($boot));
	open my $stderr, '+>', undef or die "temporary file: $!\n";
	pipe my $out, my $in or die "pipe: $!\n";
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		%running = ();
		# prctl(PR_SET_PDEATHSIG, SIGKILL): x86_64's number, where it means anything.
		syscall(157, 1, 9) if (POSIX::uname())[4] eq 'x86_64';
		$ENV{$_} = $boot->{env}{$_} for keys %{ $boot->{env} // {} };
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $in;
		open STDERR, '>&', $stderr;
		exec @command or POSIX::_exit(127);
	}
	$running{$pid} = 1;
	close $in;
	my $limit = $boot->{limit} // 120;
	return {
		boot => $boot, pid => $pid, out => $out, errors => $stderr, limit => $limit, end => time + $limit,
		partial => '', lines => [], noise => [], tests => {}, waits_for => 'the image to start',
		finished => 0, trouble => '',
	};
}

# '\#' and '\\' as TAP has them.
sub unescape {
	my ($text) = @_;
	$text =~ s/\\([\\#])/$1/g;
	return $text;
}

sub take_line {
	my ($run, $line) = @_;
	$line =~ s/\r//g;
	if (!@{ $run->{lines} }) {
		if ($line !~ s/^.*(TAP version \d+)$/$1/) {
			push @{ $run->{noise} }, $line;
			if ($run->{boot}{until} && $line =~ $run->{boot}{until}) {
				$run->{seen} = $line;
				kill KILL => $run->{pid};
			}
			return;
		}
		$run->{waits_for} = 'the first test';
	}
	# The image knows its configuration, and not which machine we gave it.
	$line =~ s/^(\s*reproduce: ")(?=make run )/$1 . machine($run->{boot}) =~ s|(["\\])|\\$1|gr/e;
	push @{ $run->{lines} }, $line;
	if ($line =~ /^(not )?ok \d+ - (.*?)(?: # SKIP ?(.*))?$/) {
		$run->{last} = $run->{tests}{ unescape($2) } = { ok => !$1, skip => defined $3 ? unescape($3) : undef, yaml => '' };
		$run->{finished}++;
		$run->{waits_for} = 'what follows ' . unescape($2);
	} elsif ($line =~ /^1\.\.(\d+)/) {
		$run->{plan} = $1;
	} elsif ($line =~ /^ *# ([a-z0-9_]+(?:\.[a-z0-9_]+)+)$/) {
		$run->{waits_for} = "test $1";
	} elsif ($line =~ /^  \S/ && $run->{last}) {
		$run->{last}{yaml} .= "$line\n";
	} elsif ($line =~ /^# VERDICT: /) {
		$run->{waits_for} = 'the end after the verdict';
	} elsif ($run->{boot}{command} && $line =~ /^# The run is over \(status 0x([0-9a-f]+)\)/) {
		$run->{over} = hex($1) << 1 | 1;
		kill KILL => $run->{pid};
	}
	$run->{boot}{line}->($line) if $run->{boot}{line};
}

sub finish {
	my ($run) = @_;
	take_line($run, $run->{partial}) if length $run->{partial};
	waitpid $run->{pid}, 0;
	my $status = $?;
	delete $run->{last};
	delete $running{ $run->{pid} };
	$run->{status} = $run->{over} // ($status & 127 ? undef : $status >> 8);
	seek $run->{errors}, 0, 0;
	$run->{stderr} = do { local $/; readline($run->{errors}) // '' };
	close $run->{out};
	return if $run->{trouble} || defined $run->{seen} || (defined $run->{over} && $verdicts{ $run->{over} });
	if ($status & 127) {
		$run->{trouble} = 'the emulator was ended by signal ' . ($status & 127);
	} elsif ($run->{status} == 0) {
		$run->{trouble} = "the machine was reset while waiting for $run->{waits_for}";
	} elsif (!$verdicts{ $run->{status} }) {
		$run->{trouble} = "the emulator's exit status $run->{status}, while waiting for $run->{waits_for}";
	}
}

sub time_out {
	my ($run) = @_;
	my $of = $run->{plan} ? " ($run->{finished} of $run->{plan} tests done)" : '';
	$run->{trouble} = "ended after $run->{limit} s: waited for $run->{waits_for}$of";
	kill KILL => $run->{pid};
}

# Returns whether it goes on.
sub read_some {
	my ($run) = @_;
	my $size = sysread $run->{out}, $run->{partial}, 65536, length $run->{partial};
	return 1 if !defined $size && $!{EINTR};
	return 0 if !$size;
	take_line($run, $1) while $run->{partial} =~ s/^([^\n]*)\n//;
	return 1;
}

sub boot_all {
	my ($jobs, @boots) = @_;
	my (@results, %by_handle);
	my $select = IO::Select->new;
	while (@boots || %by_handle) {
		while (@boots && keys %by_handle < $jobs) {
			my $run = start(shift @boots);
			push @results, $run;
			$by_handle{ $run->{out} } = $run;
			$select->add($run->{out});
		}
		for my $handle ($select->can_read(0.5)) {
			my $run = $by_handle{$handle};
			next if read_some($run);
			$select->remove($handle);
			delete $by_handle{$handle};
			finish($run);
		}
		for my $run (values %by_handle) {
			time_out($run) if !$run->{trouble} && time > $run->{end};
		}
	}
	return @results;
}

sub boot {
	return (boot_all(1, {@_}))[0];
}

# Names as few tests= words as the configuration has room for: a list of lists of names.
sub selected {
	my @names = @_;
	my @lists = ([]);
	my $size = 0;
	for my $name (@names) {
		if ($size + length($name) + 1 > 900) {
			push @lists, [];
			$size = 0;
		}
		push @{ $lists[-1] }, $name;
		$size += length($name) + 1;
	}
	return @lists;
}

1;
