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
use Backends qw(compare table);
use Bochs qw(boot_bochs known_bugs);
use Image qw(boot verdict $root);
use Test::More;

# See run-bochs for what a second is there.
my @config = ('timeout=500');
my $all = 'tests=kernel.*,hv.*,vdsa.*';
# The rest of the kernel's tests is the same with two.
my $for_two = 'tests=kernel.smp.*,kernel.irq.*,hv.*,vdsa.*';
# About ten times what a machine needs that does nothing else.
my $limit = 900;

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

sub write_table {
	my $file = "$root/build/backends.txt";
	my %count;
	$count{"$_->{svm} on SVM and $_->{vmx} on VMX"}++ for @_;
	open my $out, '>', $file or die "$file: $!\n";
	print $out table(@_);
	close $out or die "$file: $!\n";
	diag('build/backends.txt: ', join ', ', map { "$count{$_} $_" } sort keys %count);
}

my $one = boot_bochs(config => [@config, $all], limit => $limit);
same_image($one->{image});
report($one, 'one processor');

my $two = boot_bochs(config => [@config, $for_two], limit => $limit, cpus => 2);
report($two, 'two processors');
like(join("\n", @{ $two->{lines} }), qr/^# CPU .*2 of 2 processors/m, 'two processors run');

# A bug that is gone is to be taken off the list.
my $known = known_bugs();
my $bugs = boot_bochs(config => [@config, 'skip=', 'tests=' . join ',', keys %$known], limit => $limit, cpus => 2);
is(outcome($bugs->{tests}{$_}), 'not ok', "still there: $known->{$_} ($_)") for sort keys %$known;

# The other back end, on the machine that has a DSA, too.
my $svm = boot(config => ['tests=hv.*,vdsa.*'], limit => $limit);
is($svm->{trouble}, '', 'SVM: it comes to its end') or diag($svm->{stderr});
my %vmx = map { $_ => $two->{tests}{$_} } grep { /^(hv|vdsa)\./ } keys %{ $two->{tests} };
my @rows = compare($svm->{tests}, \%vmx);
write_table(@rows);
ok($_->{same}, "SVM and VMX: $_->{name}: $_->{svm}, $_->{vmx}") or diag($_->{why}) for @rows;
cmp_ok(scalar(grep { $_->{name} =~ /^hv\./ } @rows), '>=', 120, 'at least 120 tests of the hypervisor');

done_testing();
