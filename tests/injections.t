#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Hardware that fails once, in the middle of a test (inject=): the image neither hangs nor crashes; the test that was hit says in
# words what the device's registers say; and what can be brought back is, for the tests behind it. tests/harness/injections.tsv
# has a boot a line.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/harness";
use Image qw(boot boot_all reproduce verdict $root);
use Test::More;

# seed=3: of two tests, the one whose name comes first is the first to run. It is the one that is hit.
my @boots;
my $file = "$root/tests/harness/injections.tsv";
open my $in, '<', $file or die "$file: $!\n";
while (<$in>) {
	chomp;
	next if /^\s*(#|$)/;
	my ($inject, $tests, $fails, $words, $rest, $surplus) = split /\t+/;
	die "$file:$.: five columns, with tabs between them; the last is passes or fails\n"
		if defined $surplus || ($rest // '') !~ /^(?:passes|fails)$/;
	push @boots, {
		inject => $inject, tests => [split /,/, $tests], fails => $fails, words => $words, rest => $rest,
		env => { ADIT_DSA => "on,inject=$inject" }, config => ["tests=$tests", 'seed=3'], limit => 120,
	};
}
close $in;

sub check {
	my ($run) = @_;
	my ($boot, $tests) = ($run->{boot}, $run->{tests});
	my $failures = grep { !$_->{ok} } values %$tests;
	is($run->{trouble}, '', 'the image comes to its end');
	like(verdict($run->{status} // 0), $failures ? qr/^(?:FAIL|SET-UP ERROR)$/ : qr/^PASS$/, 'with the verdict that follows');
	for my $name (@{ $boot->{tests} }) {
		my $result = $tests->{$name};
		ok($result && !defined $result->{skip}, "$name runs") or next;
		if ($name eq $boot->{fails}) {
			ok(!$result->{ok}, "$name fails");
			like($result->{yaml}, qr/$boot->{words}/s, 'in these words');
		} else {
			is($result->{ok} ? 'passes' : 'fails', $boot->{rest}, "$name $boot->{rest}") or diag($result->{yaml});
			like($result->{yaml}, qr/GENSTS 0x\w+: halted, needs a reset of the platform/, 'and says what would help')
				if $boot->{rest} eq 'fails';
		}
	}
	like(join("\n", @{ $run->{lines} }), qr/$boot->{words}/, 'which it tells') if $boot->{fails} eq '-' && $boot->{words} ne '-';
}

for my $run (boot_all($ENV{ADIT_JOBS} || 2, @boots)) {
	my $good = subtest "$run->{boot}{inject}: $run->{boot}{tests}[0]" => sub { check($run) };
	diag(reproduce($run), "\n", $run->{stderr}) if !$good;
}

# What has no line proves nothing.
my $help = boot(bare => 1, env => { ADIT_DSA => 'on,inject=help' }, limit => 60);
my @known = map { /^(\S+) +@ / ? $1 : () } @{ $help->{noise} };
my %has = map { $_->{inject} =~ /^([^@]+)/ ? ($1 => 1) : () } @boots;
cmp_ok(scalar @known, '>=', 15, 'the device lists its injections');
is(join(', ', grep { !$has{$_} } @known), '', 'each has its line');

done_testing();
