#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The second machine: Bochs, an Intel processor with VMX, where the hypervisor's other half runs. The image is the one that
# QEMU boots and that goes on the stick. What runs there is what needs no device: kernel, hypervisor, and the vDSA on a host
# made of software. A table of test against back end (SVM in QEMU, VMX in Bochs) goes to build/backends.txt.
use strict;
use warnings;

use Digest::SHA;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/harness";
use Bochs qw(boot_bochs known_bugs);
use Image qw(boot verdict $root);
use Test::More;

my $tests = 'tests=kernel.*,hv.*,vdsa.*';
# See run-bochs for what a second is there.
my @config = ($tests, 'timeout=500');
my $limit = 240;

sub outcome {
	my ($test) = @_;
	return !$test ? 'absent' : !$test->{ok} ? 'not ok' : defined $test->{skip} ? 'skip' : 'ok';
}

# Each test of the image is one of ours.
sub report {
	my ($run, $name) = @_;
	is($run->{trouble}, '', "$name: it comes to its end") or diag($run->{stderr}, join "\n", @{ $run->{noise} });
	is(verdict($run->{status} // 0), 'PASS', "$name: verdict PASS");
	for my $test (sort keys %{ $run->{tests} }) {
		my $result = $run->{tests}{$test};
		if (defined $result->{skip}) {
			SKIP: { skip "$name: $test: $result->{skip}", 1 }
		} else {
			ok($result->{ok}, "$name: $test") or diag($result->{yaml});
		}
	}
}

sub digest {
	my ($file) = @_;
	return Digest::SHA->new(256)->addfile($file, 'b')->hexdigest;
}

# What Bochs boots is a copy with words behind its \adit.cfg; the program in it is to the byte what `make` left.
sub same_image {
	my ($copy) = @_;
	my $file = tempdir(CLEANUP => 1) . '/BOOTX64.EFI';
	local $ENV{MTOOLS_SKIP_CHECK} = 1;
	system('mcopy', '-n', '-i', "$copy\@\@1M", '::/EFI/BOOT/BOOTX64.EFI', $file);
	is(eval { digest($file) } // $@, digest("$root/build/BOOTX64.EFI"), 'the image in Bochs is build/BOOTX64.EFI, bit for bit');
	system('mcopy', '-n', '-o', '-i', "$root/build/adit.img\@\@1M", '::/EFI/BOOT/BOOTX64.EFI', $file);
	is(eval { digest($file) } // $@, digest("$root/build/BOOTX64.EFI"), 'and so is the one in build/adit.img, for QEMU and the stick');
}

my $one = boot_bochs(config => \@config, limit => $limit);
same_image($one->{image});
report($one, 'one processor');

my $two = boot_bochs(config => \@config, limit => $limit, cpus => 2);
report($two, 'two processors');
like(join("\n", @{ $two->{lines} }), qr/^# CPU .*2 of 2 processors/m, 'two processors run');

# A bug that is gone is to be taken off the list.
my $known = known_bugs();
my $bugs = boot_bochs(config => [@config, 'skip=', 'tests=' . join ',', keys %$known], limit => $limit);
is(outcome($bugs->{tests}{$_}), 'not ok', "still there: $known->{$_} ($_)") for sort keys %$known;

done_testing();
