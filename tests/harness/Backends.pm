# SPDX-License-Identifier: BSD-2-Clause
#
# The same test on two back ends of the hypervisor, side by side.
#
#	compare(\%svm, \%vmx)	two results' tests (Image.pm); the rows, by name: { name, svm, vmx, why, same }
#				why: the skips' reasons; same: both ended alike, or each skip is explained by backends.tsv
#	table(@rows)		as text
package Backends;

use strict;
use warnings;

use Exporter qw(import);
use Image qw($root);

our @EXPORT_OK = qw(compare table);

my $file = "$root/tests/harness/backends.tsv";

sub explanations {
	my %patterns = (SVM => [], VMX => []);
	open my $in, '<', $file or die "$file: $!\n";
	while (<$in>) {
		next if /^\s*(#|$)/;
		/^(SVM|VMX)\t+(\S.*)$/ or die "$file, line $.: not \"SVM or VMX, tab, pattern\"\n";
		push @{ $patterns{$1} }, qr/^$2$/;
	}
	return %patterns;
}

sub outcome {
	my ($test) = @_;
	return !$test ? 'absent' : !$test->{ok} ? 'not ok' : defined $test->{skip} ? 'skip' : 'ok';
}

# ok with ok, or skips that are explained with anything that is not worse.
sub alike {
	my ($patterns, $svm, $vmx) = @_;
	for my $side ([SVM => $svm], [VMX => $vmx]) {
		my ($name, $test) = @$side;
		my $outcome = outcome($test);
		next if $outcome eq 'ok';
		return 0 if $outcome ne 'skip' || !grep { $test->{skip} =~ $_ } @{ $patterns->{$name} };
	}
	return 1;
}

sub compare {
	my ($svm, $vmx) = @_;
	my %patterns = explanations();
	my %names = map { $_ => 1 } keys %$svm, keys %$vmx;
	return map {
		my ($s, $v) = ($svm->{$_}, $vmx->{$_});
		my @why = map { defined $_->[1]{skip} ? "$_->[0]: $_->[1]{skip}" : () } [SVM => $s // {}], [VMX => $v // {}];
		{ name => $_, svm => outcome($s), vmx => outcome($v), why => join('; ', @why), same => alike(\%patterns, $s, $v) };
	} sort keys %names;
}

sub table {
	my @rows = @_;
	my $text = sprintf "%-46s %-7s %-7s %s\n", 'test', 'SVM', 'VMX', 'why a skip, and what is not explained';
	$text .= sprintf "%-46s %-7s %-7s %s%s\n", @$_{qw(name svm vmx why)}, $_->{same} ? '' : ' DIFFERS' for @rows;
	return $text =~ s/[ \t]+$//gmr;
}

1;
