#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# From power-on through the firmware: build/adit.img as a USB disk on xHCI, its \adit.cfg, load options, the screen. What the
# tests in the image find is image.t's subject; here they only have to pass.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/harness";
use File::Temp qw(tempdir);
use Image qw(boot boot_all verdict firmware copy_image change_config start_from_shell $root);
use IO::Socket::UNIX;
use Test::More;

my $disk = "$root/build/adit.img";
my $picture = "$root/build/screen.png";
my $few = 'tests=kernel.libc.*,dsa.op.noop';

sub passes {
	my ($run, $name) = @_;
	is($run->{trouble}, '', "$name: it comes to its end") or diag($run->{stderr}, join "\n", @{ $run->{noise} });
	is(verdict($run->{status} // 0), 'PASS', "$name: verdict PASS");
}

sub says {
	my ($run, $pattern, $name) = @_;
	ok(scalar(grep { /$pattern/ } @{ $run->{lines} }), $name)
		or diag("no line like $pattern in:\n", join "\n", grep { /^#/ } @{ $run->{lines} });
}

# One command on QEMU's control socket; what came back, events left out.
sub ask {
	my ($socket, $command) = @_;
	print $socket "$command\n";
	while (my $line = <$socket>) {
		return $line if $line =~ /^\{"(return|error)"/;
	}
	return 'nothing';
}

# The machine stands still after the image's exit, with the verdict on its screen: take the picture and end it.
sub take_picture {
	my ($path) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $path) or return;
	$socket->autoflush(1);
	<$socket>;
	ask($socket, '{"execute": "qmp_capabilities"}');
	for (1 .. 100) {
		last if ask($socket, '{"execute": "query-status"}') !~ /"running": true/;
		select undef, undef, undef, 0.1;
	}
	note(ask($socket, qq({"execute": "screendump", "arguments": {"filename": "$picture", "format": "png"}})));
	# Read to its answer: QEMU forgets commands of a client that has gone.
	ask($socket, '{"execute": "quit"}');
}

# Everything, as `make run` does it.
unlink $picture;
my $socket = tempdir(CLEANUP => 1) . '/qmp';
my $run = boot(
	uefi => $disk, limit => 180,
	qemu => ['-device', 'VGA', '-qmp', "unix:$socket,server=on,wait=off", '-action', 'shutdown=pause'],
	line => sub { take_picture($socket) if $_[0] =~ /^# VERDICT/ },
);
says($run, qr/^# VERDICT: PASS/, 'USB: verdict PASS') or diag(join "\n", grep { /^not ok/ } @{ $run->{lines} });
says($run, qr/^# seed=1, (\d+) of \1 tests$/, 'USB: the \adit.cfg in the image selects every test');
ok(!(grep { /^# configuration, line/ } @{ $run->{lines} }), 'USB: nothing in it is malformed');
diag("UEFI: $1 from the loader's hand-over to the first test") if "@{ $run->{lines} }" =~ /hand-over to first test ([\d.]+ ms)/;
open my $png, '<:raw', $picture or diag("$picture: $!");
read $png, my $head, 24 if $png;
my ($signature, $width, $height) = unpack 'a8 x8 N N', $head // '';
is($signature, "\x89PNG\r\n\x1a\n", 'the screen is in build/screen.png');
cmp_ok($width // 0, '>=', 640, 'and a screen it is');

# The exit status, and a configuration of one's own.
$run = boot(uefi => $disk, config => [$few, 'seed=77']);
passes($run, 'selection in \adit.cfg');
says($run, qr/^# seed=77, 3 of \d+ tests$/, 'selection in \adit.cfg: is what runs');

# Malformed words are named, with their line, and defaults stand in.
my $copy = copy_image($disk);
change_config($copy, "$few\nseed=banana\ncolour=blue\n\xff\xfe\n", replace => 1);
$run = boot(uefi => $copy);
passes($run, 'malformed \adit.cfg');
says($run, qr/^# configuration, line 3: "seed=banana": \w/, 'malformed \adit.cfg: a bad number is named');
says($run, qr/^# configuration, line 4: "colour=blue": \w/, 'malformed \adit.cfg: an unknown key is named');
says($run, qr/^# configuration, line 5: "\?\?": \w/, 'malformed \adit.cfg: odd bytes are named');
says($run, qr/^# seed=1, 3 of/, 'malformed \adit.cfg: the default and the good lines are used');

# Without the file; the selection comes by load options, from the firmware's loader of -kernel, where there is no file system.
$run = boot(bare => 1, qemu => [firmware(), '-kernel', "$root/build/BOOTX64.EFI", '-append', "$few seed=9"]);
passes($run, 'load options');
says($run, qr/adit\.cfg/, 'load options: that \adit.cfg is missing is said');
says($run, qr/^# seed=9, 3 of/, 'load options: are used');

# Both, from the firmware's shell: the later word wins.
$copy = copy_image($disk);
change_config($copy, "$few\nseed=5", replace => 1);
start_from_shell($copy, 'fs0:\adit.efi seed=9');
$run = boot(uefi => $copy);
passes($run, 'load options and \adit.cfg');
says($run, qr/^# seed=9, 3 of/, 'load options and \adit.cfg: the options win, the rest stands');

# Neither: everything would run, so the loader is all that is looked at.
$copy = copy_image($disk);
change_config($copy, undef);
$run = boot(uefi => $copy);
passes($run, 'no \adit.cfg');
says($run, qr/adit\.cfg not found: defaults used/, 'no \adit.cfg: is said');

# A stick with a bad byte in the packed kernel: another kernel, or none. It is said, and not started.
sub damaged {
	my ($place) = @_;
	local $/;
	open my $in, '<:raw', "$root/build/adit.gz" or die "build/adit.gz: $!\n";
	my $kernel = <$in>;
	my $copy = copy_image($disk);
	open my $image, '+<:raw', $copy or die "$copy: $!\n";
	my $at = index <$image>, $kernel;
	die "build/adit.img does not hold build/adit.gz in one piece\n" if $at < 0;
	$at += $place % length $kernel;
	seek $image, $at, 0;
	print $image chr(ord(substr $kernel, $place, 1) ^ 0x10);
	close $image or die "$copy: $!\n";
	return $copy;
}

my %places = ('first byte' => 0, 'data' => 10_000, 'checksum' => -8, 'size' => -1);
my @places = sort keys %places;
my @runs = boot_all(2, map { {
	uefi => damaged($places{$_}), config => [$few], limit => 60, until => qr/^Adit: the kernel inside this file is damaged: load error/,
} } @places);
for my $run (@runs) {
	my $name = "damaged kernel, its " . shift @places;
	ok(defined $run->{seen}, "$name: is said") or diag($run->{trouble}, join "\n", @{ $run->{noise} });
	is(scalar @{ $run->{lines} }, 0, "$name: is not started");
}

# A machine without ACPI tables, as Bochs is one; and tests that its user leaves out.
$run = boot(uefi => $disk, config => ['tests=kernel.libc.*,kernel.smp.*', 'skip=kernel.libc.*'], qemu => ['-machine', 'acpi=off']);
passes($run, 'no ACPI');
says($run, qr/^# CPU .* 2 of 2 processors/, 'no ACPI: the firmware itself names the processors');
says($run, qr/^ok \d+ - kernel\.libc\.\w+ # SKIP left out by skip=/, 'skip=: is a skip that says so');

done_testing();
