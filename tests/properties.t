#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Bad properties of the platform's devices: QEMU says in words what is wrong and exits with status 1; it neither aborts nor starts
# the machine. The same for what the monitor is asked for. And the devices go together in every number and order that makes sense.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/harness";
use Image qw(boot boot_all $root);
use IPC::Open2;
use Test::More;

# property=value, and what QEMU must say of it.
my @dsa = (
	['fault=no-such-fault', qr/no fault 'no-such-fault'.*fault=help/],
	['fault=', qr/no fault ''/],
	['fault=FILL-PHASE', qr/no fault 'FILL-PHASE'/],
	['inject=', qr/inject=: it is not of the form WHAT\@MOMENT:N.*inject=help/],
	['inject=halt-flr', qr/not of the form/],
	['inject=halt-flr@command', qr/not of the form/],
	['inject=no-such@command:1', qr/no such injection/],
	['inject=halt-flr@dinner:1', qr/moment is not command, descriptor or interrupt/],
	['inject=command-hung@interrupt:1', qr/does not go with that moment/],
	['inject=halt-flr@command:0', qr/not a number from 1 on/],
	['inject=halt-flr@command:1e3', qr/not a number from 1 on/],
	['inject=handles-revoked@descriptor:1', qr/without cmdcap=on/],
	['version=', qr/version ''/],
	['version=1', qr/version '1'/],
	['version=3.0', qr/version '3\.0' is not modelled/],
	['firmware-vcs=perhaps', qr/firmware-vcs.*(?:on|off|bool)/i],
	['cmdcap=perhaps', qr/cmdcap.*(?:on|off|bool)/i],
	['evl-drops=on', qr/evl-drops=on: only version=2\.0/],
	['service-ns=soon', qr/service-ns/],
	['service-ns=-1', qr/service-ns/],
	['service-ns=1000000001', qr/at most one second/],
	['service-ns=99999999999999999999999', qr/service-ns/],
	['command-ns=soon', qr/command-ns/],
	['command-ns=1000000001', qr/at most one second/],
	['work=0', qr/work is from 1 to 64/],
	['work=65', qr/work is from 1 to 64/],
	['batches=0', qr/batches from 1 to 16/],
	['batches=17', qr/batches from 1 to 16/],
	['late-ns=0', qr/late-ns is from 1/],
	['late-ns=60000000001', qr/late-ns is from 1/],
	['no-such-property=1', qr/no-such-property/],
	['addr=1f.0', qr/not available|in use/],
);
my @iommu = (
	['x-fault=no-such-fault', qr/no-such-fault/],
	['x-fault=', qr/unknown name in x-fault= /],
	['x-fault=posted-bit:', qr/unknown name in x-fault=posted-bit: /],
	['posted-interrupts=perhaps', qr/posted-interrupts.*perhaps/],
	['intremap=off,eim=off,posted-interrupts=on', qr/posted-interrupts needs intremap=on/],
	['no-such-property=1', qr/no-such-property/],
);

sub refused {
	my ($run) = @_;
	my $what = $run->{boot}{what};
	subtest $what => sub {
		is($run->{status}, 1, 'exit status 1') or diag($run->{trouble});
		like($run->{stderr}, $run->{boot}{says}, 'it says why');
		unlike($run->{stderr}, qr/assert|abort|core dumped|Unexpected error/i, 'in words of its own');
		cmp_ok(scalar(split /\n/, $run->{stderr}), '<=', 3, 'and no more than that');
	};
}

my @boots;
for my $row (@dsa) {
	push @boots, { what => "intel-dsa $row->[0]", says => $row->[1], env => { ADIT_DSA => "on,$row->[0]" } };
}
for my $row (@iommu) {
	push @boots, { what => "intel-iommu $row->[0]", says => $row->[1], env => { ADIT_IOMMU => "on,$row->[0]" } };
}
refused($_) for boot_all($ENV{ADIT_JOBS} || 2, map { { %$_, bare => 1, limit => 60 } } @boots);

# What there is, listed.
for my $list (['ADIT_DSA', 'fault'], ['ADIT_DSA', 'inject'], ['ADIT_IOMMU', 'x-fault']) {
	my ($variable, $property) = @$list;
	my $run = boot(bare => 1, env => { $variable => "on,$property=help" }, limit => 60);
	is($run->{status}, 0, "$property=help: exit status 0");
	cmp_ok(scalar(grep { /^\S+ +\S/ } @{ $run->{noise} }), '>=', 5, "$property=help lists names with words");
}

# More than one, and in another order: the image runs on the first.
my @machines = (
	{ what => 'two DSAs', qemu => ['-device', 'intel-dsa'] },
	{ what => 'two DSAs, one of them wrong', qemu => ['-device', 'intel-dsa,fault=completion-lost'] },
	{ what => 'the DSA before the IOMMU', env => { ADIT_IOMMU => 'off' },
		qemu => ['-device', 'intel-iommu,intremap=on,eim=on,x-scalable-mode=on,x-flts=on,x-pasid-mode=on,device-iotlb=on'] },
);
for my $run (boot_all($ENV{ADIT_JOBS} || 2, map { { %$_, config => ['tests=dsa.op.noop,dsa.op.memmove.sizes,dsa.irq.msix'] } } @machines)) {
	is($run->{status}, 33, "$run->{boot}{what}: verdict PASS") or diag($run->{trouble}, $run->{stderr}, join "\n", @{ $run->{lines} });
}

# What the monitor is asked for while the machine stands still. Returns the error's words, or ''.
sub monitor {
	my (@commands) = @_;
	local $ENV{ADIT_QEMU} = $ENV{ADIT_QEMU};
	my $pid = open2(my $out, my $in, "$root/tests/qemu/platform", '-S', '-qmp', 'stdio', '-serial', 'none');
	my @answers;
	local $SIG{ALRM} = sub { kill KILL => $pid };
	alarm 60;
	for my $command ('{"execute":"qmp_capabilities"}', @commands, '{"execute":"quit"}') {
		print $in "$command\n";
		$in->flush;
		while (defined(my $line = <$out>)) {
			next if $line !~ /^\{"(?:return|error)"/;
			push @answers, $line =~ /"desc": "(.*?)"/ ? $1 : '';
			last;
		}
	}
	waitpid $pid, 0;
	alarm 0;
	return ($?, @answers);
}

my ($status, undef, $added, $deleted) = monitor(
	'{"execute":"device_add","arguments":{"driver":"intel-dsa","id":"late","bus":"pcie.0"}}',
	'{"execute":"device_del","arguments":{"id":"late"}}',
);
is($status, 0, 'QEMU survives what its monitor is asked for');
like($added // '', qr/hotplug/, 'device_add on the root bus is refused');
like($deleted // '', qr/not found/, 'and there is nothing to be deleted');
($status, undef, $added) = monitor('{"execute":"device_add","arguments":{"driver":"intel-dsa","fault":"no-such-fault"}}');
is($status, 0, 'QEMU survives a bad property from its monitor');
isnt($added // '', '', 'which it refuses');

done_testing();
