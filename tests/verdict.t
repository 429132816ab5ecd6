#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# The end of a run: that its tables count what the tests said, that failures are named with their reasons, and that the last
# page fits a screen of 800x600, whatever happened. On wrong hardware, so that there is something to say.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/harness";
use Image qw(boot_all);
use Test::More;

# A screen of 37 rows scrolls by nine; the row that the next character would go to and the words after the verdict are two.
my ($rows, $columns) = (37 - 9 - 2, 80);

# name => { host => [passed, failed, skipped], guest => ... }, from the results; by the first $words words of the names.
sub counted {
	my ($run, $words) = @_;
	my (%rows, $subtest);
	for (@{ $run->{lines} }) {
		$subtest = $1 if /^# (\S+)$/;
		my ($indent, $not, $name, $skip) = /^( *)(not )?ok \d+ - (.*?)( # SKIP.*)?$/ or next;
		# Only one of the guests is in the tables: the one that ran all suites.
		next if $indent && $subtest ne 'vdsa.1dwq.guest.conformance';
		my @parts = split /\./, $name;
		my $row = join '.', @parts > $words ? @parts[0 .. $words - 1] : @parts[0 .. $#parts - 1];
		$rows{$_}{ $indent ? 'guest' : 'host' }[$not ? 1 : $skip ? 2 : 0]++ for $row, 'all';
	}
	return \%rows;
}

sub as_text {
	my ($rows) = @_;
	return join '', map {
		my $row = $rows->{$_};
		sprintf "%-20s %s\n", $_, join ' ', map { my $cells = $row->{$_}; $cells ? map { $_ // 0 } @$cells[0 .. 2] : qw(- - -) } qw(host guest);
	} sort keys %$rows;
}

# The table under the heading that begins with that word.
sub printed {
	my ($run, $heading) = @_;
	my %rows;
	my $in = 0;
	for (@{ $run->{lines} }) {
		if ($in && /^# ([\w.]+) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-)$/) {
			$rows{$1} = { host => $2 eq '-' ? undef : [$2, $3, $4], guest => $5 eq '-' ? undef : [$5, $6, $7] };
		} else {
			$in = /^# $heading +passed /;
		}
	}
	return \%rows;
}

# What was said behind a failed result, as the end of the run words it.
sub reasons {
	my ($run) = @_;
	my (%why, $subtest, $at);
	for (@{ $run->{lines} }) {
		$subtest = $1 if /^# (\S+)$/;
		if (/^( *)(not )?ok \d+ - (\S+)/) {
			$at = $2 && (!$1 || $subtest eq 'vdsa.1dwq.guest.conformance') ? ($1 ? 'guest' : 'host') . " $3" : undef;
			$why{$at} = '' if $at;
		} elsif ($at && /^ +(message|expected|got): "(.*)"$/) {
			$why{$at} .= ($1 eq 'message' ? '' : $1 eq 'got' ? ', got ' : ': expected ') . $2 =~ s/\\(.)/$1/gr;
		}
	}
	return \%why;
}

# Failures named among these lines: "host dsa.op.noop" => reason; rows that one takes joined.
sub named {
	my (%named, $at);
	for (@_) {
		if (/^# (?:failed|crashed|hung|no set-up) +((?:host|guest) [\w.]+): (.*)$/) {
			$at = $1;
			$named{$at} = $2;
		} elsif ($at && /^# {11}(\S.*)$/) {
			$named{$at} .= " $1";
		} else {
			$at = undef;
		}
	}
	return \%named;
}

sub check {
	my ($run, $name) = @_;
	is($run->{trouble}, '', "$name: it comes to its end") or diag($run->{stderr}, join "\n", @{ $run->{noise} });
	is($run->{status}, 39, "$name: verdict FAIL");
	is(as_text(printed($run, 'suite')), as_text(counted($run, 2)), "$name: the table of suites counts what the tests said");
	is(as_text(printed($run, 'group')), as_text(counted($run, 1)), "$name: the table of groups, too");

	my @lines = @{ $run->{lines} };
	my ($start) = grep { $lines[$_] =~ /^# -{70}/ } reverse 0 .. $#lines;
	my ($end) = grep { $lines[$_] =~ /^# VERDICT: FAIL/ } $start .. $#lines;
	my @page = @lines[$start .. $end];
	cmp_ok(scalar @page, '<=', $rows, "$name: the last page fits a screen");
	is(join("\n", grep { length > $columns } @page), '', "$name: its lines, too");

	my $why = reasons($run);
	my $page = named(@page);
	my ($more) = map { /^# and (\d+) more/ ? $1 : () } @page;
	is(keys(%$page) + ($more // 0), keys %$why, "$name: it names failures or says how many more there are");
	for my $test (sort keys %$page) {
		my $shown = $page->{$test} =~ s/\.\.\.$//r;
		is($shown, substr($why->{$test} // 'nothing', 0, length $shown), "$name: $test is named with its reason");
	}
	return ($why, $page, \@lines);
}

my $fault = { ADIT_DSA => 'on,fault=memmove-bit-flip' };
my ($many, $few) = boot_all(2,
	{ env => $fault, limit => 400 },
	{ env => $fault, limit => 120, config => ['tests=dsa.op.memmove.sizes,dsa.op.noop,dsa.op2.*'] },
);

my ($why, $page, $lines) = check($many, 'many failures');
cmp_ok(keys %$why, '>', 20, 'many failures: there are many');
cmp_ok(keys %$page, '>=', 5, 'many failures: five are on the last page');
my $listed = named(@$lines);
for my $test (sort keys %$why) {
	is(substr($listed->{$test} // 'nothing', 0, 100), substr($why->{$test}, 0, 100), "many failures: $test is listed");
}

($why, $page) = check($few, 'one failure');
is(join(' ', keys %$page), 'host dsa.op.memmove.sizes', 'one failure: is on the last page');
is(scalar(grep { /^# failed +host dsa\.op\.memmove\.sizes: / } @{ $few->{lines} }), 1, 'one failure: is named once at the end');

done_testing();
