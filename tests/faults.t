#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Wrong hardware is noticed. The models can be wrong on purpose (fault=, x-fault=); tests/harness/faults.tsv names for each way
# the test that must say so. One boot a fault, with that test alone, which must fail; and without faults all of them must pass,
# or their failing would say nothing.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/harness";
use Image qw(boot boot_all reproduce selected $root);
use Test::More;

my %variable = (dsa => [qw(ADIT_DSA fault)], iommu => [qw(ADIT_IOMMU x-fault)]);

sub read_table {
	my ($file) = @_;
	my @rows;
	open my $in, '<', $file or die "$file: $!\n";
	while (<$in>) {
		chomp;
		next if /^\s*(#|$)/;
		my ($device, $fault, $test, $surplus) = split /\t+/;
		die "$file:$.: device, fault and test, with tabs between them\n"
			if !$variable{$device} || !defined $test || defined $surplus;
		push @rows, { device => $device, fault => $fault, test => $test };
	}
	close $in;
	return @rows;
}

# What the models can do wrong, as they say themselves.
sub known_faults {
	my ($device) = @_;
	my ($variable, $property) = @{ $variable{$device} };
	my $run = boot(bare => 1, env => { $variable => "on,$property=help" }, limit => 30);
	return map { /^(\S+)/ ? "$device $1" : () } @{ $run->{noise} };
}

my @rows = read_table("$root/tests/harness/faults.tsv");
# The right hardware is of the version that the row's is.
my %tests = map { $_->{test} => $_->{fault} =~ /,(version=[^,]+)/ ? $1 : '' } @rows;

# Without faults.
my %right;
for my $version ('', 'version=2.0') {
	for my $names (selected(grep { $tests{$_} eq $version } sort keys %tests)) {
		my $run = boot(env => { ADIT_DSA => $version ? "on,$version" : 'on' }, config => ['tests=' . join(',', @$names)]);
		is($run->{trouble}, '', 'the tests run on right hardware') or diag($run->{stderr});
		%right = (%right, %{ $run->{tests} });
	}
}
for my $test (sort keys %tests) {
	my $result = $right{$test};
	ok($result && $result->{ok} && !defined $result->{skip}, "right hardware: $test passes")
		or diag(!$result ? 'there is no such test' : $result->{skip} // $result->{yaml});
}

# With each of them.
my @boots = map {
	my ($variable, $property) = @{ $variable{ $_->{device} } };
	{ row => $_, env => { $variable => "on,$property=$_->{fault}" }, config => ["tests=$_->{test}", 'timeout=3000'], limit => 60 };
} @rows;
for my $run (boot_all($ENV{ADIT_JOBS} || 2, @boots)) {
	my ($device, $fault, $test) = @{ $run->{boot}{row} }{qw(device fault test)};
	my $result = $run->{tests}{$test};
	ok($result && !$result->{ok} && !$run->{trouble}, "$device: $fault: $test fails")
		or diag($run->{trouble} || (!$result ? 'the test did not run' : defined $result->{skip} ? "skipped: $result->{skip}" : 'it passed'),
			"\n", $run->{stderr}, 'reproduce: ', reproduce($run));
}

# A fault without a row proves nothing.
my %rows = map { ("$_->{device} " . $_->{fault} =~ s/,.*//r => 1) } @rows;
my @known = map { known_faults($_) } sort keys %variable;
cmp_ok(scalar @known, '>=', 100, 'the models list their faults');
is(join(', ', grep { !$rows{$_} } @known), '', 'each fault of the models has its row');

done_testing();
