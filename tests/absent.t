#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Absent hardware is told apart from wrong hardware: on machines that lack something every test runs, what needs it is a skip
# that says so, nothing fails, and the image comes to its end. With require= the same is a failure.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/harness";
use Image qw(boot_all reproduce verdict);
use Test::More;

# name, the machine, then the tests that must be skipped there and what their reasons say; in the end what require= is asked
# for, and with which of these tests.
my @machines = (
	{
		name => 'no DSA', env => { ADIT_DSA => 'off' }, require => 'dsa',
		skips => { 'dsa.op.noop' => qr/no DSA/, 'dsa.irq.ims' => qr/no DSA/, 'vdsa.1dwq.guest.conformance' => qr/no DSA/ },
		runs => ['kernel.time.goes_forward', 'hv.run.on_another_processor'],
	},
	{
		name => 'no IOMMU', env => { ADIT_IOMMU => 'off' }, require => 'iommu',
		skips => { 'vdsa.1dwq.guest.conformance' => qr/DMAR|IOMMU/ },
		runs => ['dsa.op.noop', 'dsa.op.memmove.sizes'],
	},
	{
		name => 'IOMMU without scalable mode', env => { ADIT_IOMMU => 'legacy' }, require => 'iommu',
		skips => { 'vdsa.1dwq.guest.conformance' => qr/scalable mode/ },
		runs => ['dsa.op.noop'],
	},
	{
		name => 'no MOVDIR64B', env => { ADIT_CPU => ',movdir64b=off' }, require => 'movdir64b',
		skips => { 'dsa.op.noop' => qr/MOVDIR64B/, 'vdsa.1dwq.guest.conformance' => qr/MOVDIR64B/ },
		runs => ['dsa.regs.version'],
	},
	{
		name => 'no ENQCMD', env => { ADIT_CPU => ',enqcmd=off' }, require => 'enqcmd',
		skips => { 'kernel.enqcmd.accepted' => qr/lacks ENQCMD/, 'kernel.enqcmd.page_fault' => qr/lacks ENQCMD/ },
		runs => ['dsa.op.noop', 'dsa.portal.all_pages'],
	},
	{
		name => 'an IOMMU without PASIDs', env => { ADIT_IOMMU => 'on,x-pasid-mode=off' }, require => 'dsa',
		skips => { 'dsa.op.memmove.sizes' => qr/PASID/, 'vdsa.1dwq.guest.conformance' => qr/PASID/ },
		runs => ['vtd.queue.wait_flag', 'kernel.time.goes_forward'],
	},
	{
		name => 'no virtualization', env => { ADIT_CPU => ',svm=off' }, require => 'hv',
		skips => { 'hv.run.on_another_processor' => qr/SVM|virtualization/i, 'vdsa.1dwq.guest.conformance' => qr/SVM|virtualization/i },
		runs => ['dsa.op.noop'],
	},
	{
		name => 'one processor', env => { ADIT_SMP => 1 }, require => 'smp',
		skips => { 'kernel.smp.apic_ids_differ' => qr/only one processor/ },
		runs => ['dsa.op.noop', 'kernel.time.goes_forward'],
	},
	{
		name => 'no DSA, no IOMMU, no virtualization', env => { ADIT_DSA => 'off', ADIT_IOMMU => 'off', ADIT_CPU => ',svm=off' },
		skips => { 'dsa.op.noop' => qr/no DSA/ },
		runs => ['kernel.time.goes_forward'],
	},
);

sub has_passed {
	my ($result) = @_;
	return $result && $result->{ok} && !defined $result->{skip};
}

sub check_all_tests {
	my ($run) = @_;
	my ($machine, $tests) = ($run->{boot}{machine}, $run->{tests});
	is($run->{trouble}, '', 'it comes to its end') or diag($run->{stderr});
	my @failed = grep { !$tests->{$_}{ok} } sort keys %$tests;
	is(join(', ', @failed), '', 'nothing fails') or diag(map { $tests->{$_}{yaml} } @failed);
	like($run->{status} // '', qr/^33$/, 'verdict PASS') or diag(verdict($run->{status} // 0));
	is(scalar keys %$tests, $run->{plan}, 'every test has a result');
	for my $test (sort keys %{ $machine->{skips} }) {
		like($tests->{$test}{skip} // 'not skipped', $machine->{skips}{$test}, "$test is skipped for that reason");
	}
	ok(has_passed($tests->{$_}), "$_ runs all the same") for @{ $machine->{runs} };
	is(join(', ', grep { defined $tests->{$_}{skip} && $tests->{$_}{skip} !~ /\w/ } sort keys %$tests), '', 'no skip without a reason');
}

sub check_required {
	my ($run) = @_;
	my ($test) = $run->{boot}{test};
	is($run->{trouble}, '', 'it comes to its end') or diag($run->{stderr});
	is(verdict($run->{status} // 0), 'FAIL', 'verdict FAIL');
	ok($run->{tests}{$test} && !$run->{tests}{$test}{ok}, "$test fails");
	like($run->{tests}{$test}{yaml} // '', qr/require=\Q$run->{boot}{machine}{require}\E/, 'and says which requirement')
		or diag(join "\n", @{ $run->{lines} });
}

sub check_nothing_left {
	my ($run) = @_;
	is(verdict($run->{status} // 0), verdict(35), 'verdict SKIPPED');
}

my @boots;
for my $machine (@machines) {
	push @boots, { machine => $machine, env => $machine->{env}, title => $machine->{name}, check => \&check_all_tests };
	next if !$machine->{require};
	my ($test) = sort keys %{ $machine->{skips} };
	push @boots, {
		machine => $machine, env => $machine->{env}, test => $test, check => \&check_required,
		title => "$machine->{name}, with require=$machine->{require}",
		config => ["tests=$test", "require=$machine->{require}"],
	};
}
push @boots, {
	env => { ADIT_DSA => 'off' }, config => ['tests=dsa.*'], check => \&check_nothing_left,
	title => 'no DSA, and nothing else to test',
};

for my $run (boot_all($ENV{ADIT_JOBS} || 2, @boots)) {
	subtest($run->{boot}{title} => sub { $run->{boot}{check}->($run) }) or diag('reproduce: ', reproduce($run));
}
done_testing();
