#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Where the patches of tests/qemu/patches depart from QEMU's own VT-d unit: a check for each deviation from the specification
# that they mend (docs/deviations.md), made from outside, with no firmware and no processor. With ADIT_QEMU=<an unpatched
# QEMU 10.0> they fail, but for the directory entry that is absent: what comes of that hangs there on what lies on the stack.
use strict;
use warnings;
no warnings 'portable'; # numbers of 64 bits

use FindBin;
use lib "$FindBin::Bin/harness";
use Test::More;
use Vtd;

my $first = 'x-scalable-mode=on,x-flts=on';
my $second = 'x-scalable-mode=on';
my $ats = "$first,x-pasid-mode=on,device-iotlb=on";
my $ir = 'intremap=on,eim=on';
my @checks;

sub check { my ($name, $properties, $body) = @_; push @checks, [$name, $properties, $body] }

# --- capabilities and registers ---

check 'both stages, PASIDs of 20 bits, RID_PASID, nesting are offered', "$first,x-pasid-mode=on", sub {
	my ($m) = @_;
	my $ecap = $m->reg64(Vtd::ECAP);
	is($ecap >> $_->[0] & $_->[1], $_->[2], $_->[3])
		for [47, 1, 1, 'first stage'], [46, 1, 1, 'second stage'], [31, 1, 1, 'supervisor requests'], [35, 31, 19, 'PASID width'],
		[49, 1, 1, 'RID_PASID'], [48, 1, 1, 'snooped walks'], [26, 1, 1, 'nesting'];
};
check 'device TLBs and page requests go with PASIDs', $ats, sub {
	my ($m) = @_;
	my $ecap = $m->reg64(Vtd::ECAP);
	is($ecap >> $_->[0] & 1, 1, $_->[1])
		for [2, 'device TLBs'], [29, 'page requests'], [42, 'page-request drain'], [33, 'no-write'], [40, 'PASIDs'];
};
check 'page request registers', $ats, sub {
	my ($m) = @_;
	$m->set_reg64(0xd0, 0x12345007);
	is($m->reg64(0xd0), 0x12345007, 'PQA');
	$m->set_reg(0xe4, 0x31);
	is($m->reg(0xe4), 0x31, 'PEDATA');
	is($m->reg(0xe0), 0x80000000, 'PECTL: masked');
};
check 'upper address registers of events', $ir, sub {
	my ($m) = @_;
	for (0x44, 0xac) {
		$m->set_reg($_, 0x12300);
		is($m->reg($_), 0x12300, sprintf 'register %x', $_);
	}
};
check 'CFI', $ir, sub {
	my ($m) = @_;
	isnt($m->command(Vtd::CFI) & Vtd::CFI, 0, 'set');
	is($m->command(Vtd::CFI, 1) & Vtd::CFI, 0, 'and cleared');
};
check '64-bit writes to pairs of 32-bit registers', "$first,$ir", sub {
	my ($m) = @_;
	$m->set_reg64(0x38, 0x41 << 32 | 0x80000000);
	is($m->reg(0x3c), 0x41, 'FECTL and FEDATA');
	$m->set_reg64(0xa0, 0x42 << 32 | 0x80000000);
	is($m->reg(0xa4), 0x42, 'IECTL and IEDATA');
	$m->set_reg64(0xa8, 0xfee00000);
	is($m->reg(0xa8), 0xfee00000, 'IEADDR and IEUADDR');
	$m->set_reg64(8 * $_, 0xffffffffffffffff) for 0 .. 0x3f;
	is($m->reg(Vtd::VER) & 0xff, 0x10, 'it lives');
};
check 'both bits of the translation table mode count', $first, sub {
	my ($m) = @_;
	$m->map_first(0x5000, Vtd::DATA);
	for my $mode (2, 3) {
		$m->scalable(ttm => $mode);
		$m->dma_write(0x5000);
		is($m->faults, '30 at 0x5000 write', "mode $mode");
	}
};
check 'the DMAR table: the unit is that of all PCI devices', $first, sub {
	my ($m) = @_;
	my $dmar = $m->acpi_table('DMAR');
	ok(defined $dmar, 'there is one') or return;
	my ($type, $length, $flags) = unpack 'x48 v v C', $dmar;
	is($type, 0, 'DRHD');
	is($flags, 1, 'INCLUDE_PCI_ALL');
};

# --- the invalidation queue ---

check 'the queue is turned off, used or not', $first, sub {
	my ($m) = @_;
	$m->queue_on;
	is($m->command(Vtd::QIE, 1) & Vtd::QIE, 0, 'unused');
	$m->queue_on;
	$m->queue([0x11]);
	is($m->command(Vtd::QIE, 1) & Vtd::QIE, 0, 'not behind a wait descriptor');
};
check 'clearing IQE starts the queue again', $first, sub {
	my ($m) = @_;
	$m->scalable;
	is($m->queue([0x11], [15], [0x11]), 1, 'stays at the bad descriptor');
	is($m->reg(Vtd::FSTS) & Vtd::IQE, Vtd::IQE, 'IQE');
	$m->set(Vtd::QUEUE + 32, 0x11, 0);
	$m->set_reg(Vtd::FSTS, Vtd::IQE);
	is($m->stays, -1, 'goes on');
	is($m->reg(Vtd::FSTS) & Vtd::IQE, 0, 'no IQE');
};

# A descriptor, in scalable mode, is refused for that reason (IQERCD.IQEI); 0: it is taken.
sub descriptor {
	my ($name, $properties, $q0, $q1, $why) = @_;
	check "descriptor: $name", $properties, sub {
		my ($m) = @_;
		$m->scalable;
		is($m->queue([$q0, $q1], [0x11]), $why ? 0 : -1, $why ? 'stays there' : 'is taken');
		is($m->reg(Vtd::FSTS) >> 4 & 1, $why ? 1 : 0, 'IQE');
		is($m->reg64(Vtd::IQERCD) & 15, $why, 'IQERCD') if $why;
	};
}
descriptor 'IQERCD says: no such type', $first, 15, 0, 3;
descriptor 'IQERCD says: reserved field', $first, 0x11 | 1 << 15, 0, 4;
descriptor 'a wait that only fences', $first, 0x45, 0, 0;
descriptor 'a wait that only drains page requests', $ats, 0x85, 0, 0;
descriptor 'PASID-based IOTLB, large address mask', $first, 0x36, 40, 0;
descriptor 'PASID cache, reserved granularity', $first, 0x27, 0, 4;
descriptor 'PASID cache, reserved bit', $first, 0x37 | 1 << 6, 0, 4;
descriptor 'device TLB on a unit without', $first, 3 | 24 << 32, 0x7ffffffffffff001, 3;
descriptor 'PASID-based device TLB on a unit without', $first, 8 | 24 << 16, 0x7ffffffffffff800, 3;
descriptor 'page group response', $ats, 9 | 24 << 16, 0, 0;
check 'descriptor: narrow ones in scalable mode', $first, sub {
	my ($m) = @_;
	$m->scalable;
	$m->command(Vtd::QIE, 1);
	$m->queue_on(1);
	is($m->queue([0x11]), 0, 'refused');
	is($m->reg64(Vtd::IQERCD) & 15, 5, 'IQERCD: bad width');
};
check 'descriptor: kinds of scalable mode in legacy mode', $first, sub {
	my ($m) = @_;
	$m->queue_on;
	is($m->queue([0x37]), 0, 'PASID cache refused');
	is($m->reg64(Vtd::IQERCD) & 15, 3, 'IQERCD: bad type');
};
check 'IQERCD: bad tail', $first, sub {
	my ($m) = @_;
	$m->scalable;
	$m->set_reg64(Vtd::IQT, 32 * 200);
	is($m->reg64(Vtd::IQERCD) & 15, 1, 'beyond the queue');
	$m->set_reg64(Vtd::IQT, 0);
	$m->set_reg(Vtd::FSTS, Vtd::IQE);
	$m->set_reg64(Vtd::IQT, 16);
	is($m->reg64(Vtd::IQERCD) & 15, 6, 'not aligned');
};

# --- tables ---

# edu writes to $at (0x5000, which is mapped) under tables with one thing changed: that fault, and nothing is written.
sub refused {
	my ($name, $fault, %o) = @_;
	my ($properties, $at, $setup) = (delete $o{props} // $first, delete $o{at} // 0x5000, delete $o{setup});
	check "tables: $name", $properties, sub {
		my ($m) = @_;
		$m->map_first(0x5000, Vtd::DATA);
		$m->map_second(0x5000, Vtd::DATA);
		$setup->($m) if $setup;
		$m->set(Vtd::DATA, 0x1122334455667788);
		$m->scalable(%o);
		$m->dma_write($at);
		is($m->faults, $fault && sprintf('%s at 0x%x write', $fault, $at), 'the record');
		is($m->mem(Vtd::DATA), 0x1122334455667788, 'memory stays');
	};
}
my $nowhere = 0x40000000; # no memory there
refused 'root table out of reach (38h)', '38', rtaddr => $nowhere | 1 << 10;
refused 'root entry absent (39h)', '39', root => 0;
refused 'root entry, reserved bit (3Ah)', '3a', root => Vtd::CONTEXT | 1 | 1 << 5;
refused 'context table out of reach (40h)', '40', root => $nowhere | 1;
refused 'context entry absent (41h)', '41', context => 0;
refused 'context entry, reserved bit (42h)', '42', context => Vtd::DIRECTORY | 1 | 1 << 7;
refused 'page requests without device TLB (43h)', '43', props => $ats, context => Vtd::DIRECTORY | 1 | 1 << 4;
refused 'RID_PASID beyond the directory (43h)', '43', pasid => 0x2005, setup => sub {
	my ($m) = @_;
	$m->set(Vtd::DIRECTORY + 8 * 0x80, Vtd::TABLE | 1);
	$m->set(Vtd::TABLE + 64 * 5, Vtd::SECOND | 1 << 6 | 2 << 2 | 1, 1 << 23 | 9, Vtd::FIRST);
};
refused 'directory entry, reserved bit (52h)', '52', dir => Vtd::TABLE | 1 | 1 << 4;
refused 'PASID entry of zeros (59h)', '59', entry => 0, q1 => 0, q2 => 0;
refused 'PASID entry, reserved bit (5Ah)', '5a', q3 => 1 << 7;
refused 'second stage: absent (79h)', '79', props => $second, pgtt => 2, at => 0x6000;
refused 'second stage: reserved bit (7Ah)', '7a', props => $second, pgtt => 2,
	setup => sub { $_[0]->map_second(0x5000, Vtd::DATA, 3 | 1 << 62) };
refused 'second stage: table out of reach (7Bh)', '7b', props => $second, pgtt => 2, entry => $nowhere | 2 << 6 | 2 << 2 | 1;
refused 'second stage: beyond the width (84h)', '84', props => "$second,aw-bits=39", pgtt => 2, aw => 1, at => 1 << 39;
refused 'second stage: no right to write (85h)', '85', props => $second, pgtt => 2,
	setup => sub { $_[0]->map_second(0x5000, Vtd::DATA, 1) };
refused 'first stage: 1 GiB pages that are not offered (72h)', '72', props => "$first,fs1gp=off", at => 1 << 39,
	setup => sub { $_[0]->map_first(1 << 39, 0, 0x87, level => 3) };

# The context entry is known to the unit when the other tables change.
sub revoked {
	my ($name, $fault, $context, $change) = @_;
	check "tables: $name", $first, sub {
		my ($m) = @_;
		$m->map_first(0x5000, Vtd::DATA);
		$m->scalable(context => $context);
		$m->dma_write(0x5000);
		is($m->faults, '', 'first it is good');
		$change->($m);
		$m->queue([0x37], [0xd2], [0x26 | 9 << 16], $m->wait_for);
		$m->set(Vtd::DATA, 0x1122334455667788);
		$m->dma_write(0x5000);
		is($m->faults, $fault, 'the record');
		is($m->mem(Vtd::DATA), 0x1122334455667788, 'memory stays');
	};
}
revoked 'PASID entry absent, the rest in order (59h)', '59 at 0x5000 write', Vtd::DIRECTORY | 1,
	sub { my ($m) = @_; $m->set($m->{entry}, $m->mem($m->{entry}) & ~1) };
revoked 'directory entry absent, and not to be recorded', '', Vtd::DIRECTORY | 3,
	sub { my ($m) = @_; $m->set($m->{directory}, 0) };

# edu writes to $at, which reaches memory, without a record.
sub reaches {
	my ($name, %o) = @_;
	my ($at, $setup) = (delete $o{at} // 0x5000, delete $o{setup});
	check "tables: $name", $first, sub {
		my ($m) = @_;
		$setup->($m);
		$m->set(Vtd::DATA, 0x1122334455667788);
		$m->scalable(%o);
		$m->dma_write($at);
		is($m->faults, '', 'no record');
		is($m->mem(Vtd::DATA), 0, 'memory is written');
	};
}
reaches 'second stage where first stage is offered', pgtt => 2, setup => sub { $_[0]->map_second(0x5000, Vtd::DATA) };
reaches 'first stage of five levels', fspm => 1, at => 1 << 50,
	setup => sub { $_[0]->map_first(1 << 50, Vtd::DATA, 7, levels => 5) };
reaches 'first stage, whatever the width of the second', aw => 1, at => 1 << 45,
	setup => sub { $_[0]->map_first(1 << 45, Vtd::DATA) };
reaches 'nested', pgtt => 3, setup => sub {
	my ($m) = @_;
	# The first stage's tables are where they are; what they map is elsewhere.
	$m->map_second($_ << 12, $_ << 12) for 0x110 .. 0x117, 0x140 .. 0x15f;
	$m->map_second(0x7000, Vtd::DATA);
	$m->map_first(0x5000, 0x7000);
};
check 'tables: a large page beside the interrupt range', $first, sub {
	my ($m) = @_;
	$m->map_first(0xc0000000, 0xc0000000, 0x87, level => 3);
	$m->scalable;
	$m->dma_write(0xc0001000);
	is($m->faults, '', 'no record');
	$m->dma_write(0xfedff000);
	is($m->faults, '', 'nor just below the range');
};
check 'a dirty bit where the page was accessed before', $first, sub {
	my ($m) = @_;
	my $leaf = $m->map_first(0x5000, Vtd::DATA, 7 | 1 << 5);
	$m->scalable;
	$m->dma_write(0x5000);
	is($m->mem($leaf) >> 5 & 3, 3, 'A and D');
};
check 'a dirty bit where the IOTLB knows the page', $first, sub {
	my ($m) = @_;
	my $leaf = $m->map_first(0x5000, Vtd::DATA);
	$m->scalable;
	$m->dma_read(0x5000);
	is($m->mem($leaf) >> 5 & 3, 1, 'A after a read');
	$m->dma_write(0x5000);
	is($m->mem($leaf) >> 5 & 3, 3, 'A and D after a write');
};
check 'a fault where the IOTLB knows the page', $first, sub {
	my ($m) = @_;
	$m->map_first(0x5000, Vtd::DATA, 5);
	$m->scalable;
	$m->dma_read(0x5000);
	is($m->faults, '', 'read');
	$m->dma_write(0x5000);
	is($m->faults, '85 at 0x5000 write', 'written');
};
check 'pass-through ends with the PASID cache', $first, sub {
	my ($m) = @_;
	$m->map_first(0x5000, Vtd::DATA);
	$m->scalable(pgtt => 4);
	$m->dma_write(Vtd::SCRATCH);
	is($m->faults, '', 'passes through');
	$m->set($m->{entry}, Vtd::SECOND | 1 << 6 | 2 << 2 | 1);
	$m->queue([0x37], [0xd2], [0x26 | 9 << 16], $m->wait_for);
	$m->set(Vtd::SCRATCH, 0x1122334455667788);
	$m->dma_write(Vtd::SCRATCH);
	is($m->faults, sprintf('71 at 0x%x write', Vtd::SCRATCH), 'does not');
	is($m->mem(Vtd::SCRATCH), 0x1122334455667788, 'memory stays');
};

# --- fault records ---

check 'a record for each fault of a function', $first, sub {
	my ($m) = @_;
	$m->scalable;
	$m->dma_write($_) for 0x5000, 0x6000, 0x7000;
	is($m->faults, join(', ', map { "71 at 0x${_}000 write" } 5 .. 7), 'three');
};
check 'no PASID in the record of a request without', $first, sub {
	my ($m) = @_;
	$m->scalable(pasid => 5);
	$m->dma_write(0x5000);
	is($m->faults, '71 at 0x5000 write', 'though RID_PASID is 5');
};

# --- interrupt remapping ---

sub message {
	my ($name, $fault, $address, $data, %entries) = @_;
	check "interrupts: $name", "$first,$ir", sub {
		my ($m) = @_;
		$m->remap(%entries);
		$m->interrupt($address, $data);
		is($m->faults, $fault, 'the record');
	};
}
my $good = [1 | 0x41 << 16, 0];
message 'compatibility format is blocked (25h)', '25', 0xfee00000, 0x41, 0 => $good;
message 'another source, before a reserved bit (26h)', '26', 0xfee00010, 0, 0 => [1 | 1 << 24 | 0x41 << 16, 1 << 18 | 0x10];
message 'bus range, from the high byte', '', 0xfee00010, 0, 0 => [1 | 0x41 << 16, 2 << 18 | 0x00ff];
message 'handle and subhandle do not wrap (21h)', '21', 0xfeefffec | 8 | 16, 1, 0 => $good;

# --- posted interrupts ---

my $descriptor = Vtd::SCRATCH;
my $on = 1;
my $silent = 2;
my $told = 0xf2 << 16 | 7 << 32; # notification F2h, of processor 7
my $urgent = 1 << 14;
my ($fpd, $present) = (2, 1);

# An interrupt of edu's by an entry that posts vector 61h; its flags and the address may differ.
sub posting { my ($flags, $at) = @_; return [$present | 1 << 15 | 0x61 << 16 | $flags | ($at & 0xffffffc0) << 32, $at >> 32 << 32] }

sub posted {
	my ($name, $fault, $flags, $control, %o) = @_;
	check "posted: $name", $o{props} // "$first,$ir", sub {
		my ($m) = @_;
		my @before = (0, $o{bits} // 0, 0, 0, $control, $o{reserved} // 0, 0, 0);
		$m->set($descriptor, @before);
		my $entry = posting($flags, $o{at} // $descriptor);
		$entry->[$_] |= $o{surplus}[$_] // 0 for 0, 1;
		$m->remap(0 => $entry, eime => $o{eime});
		$m->interrupt(0xfee00010, 0);
		is($m->faults, $fault, 'the record');
		$before[1] |= 1 << 33 if $o{posts};
		$before[4] |= $on if $o{tells};
		is($m->mem($descriptor + 8 * $_), $before[$_], "word $_") for 0 .. 7;
	};
}
check 'posted interrupts are offered', "$first,$ir", sub { is($_[0]->reg64(Vtd::CAP) >> 59 & 1, 1, 'CAP.PI') };
check 'posted interrupts are not offered', "$first,$ir,posted-interrupts=off",
	sub { is($_[0]->reg64(Vtd::CAP) >> 59 & 1, 0, 'CAP.PI') };
check 'posted interrupts need remapping', "$first,intremap=off", sub { is($_[0]->reg64(Vtd::CAP) >> 59 & 1, 0, 'CAP.PI') };
posted 'the bit, and ON', '', 0, $told, posts => 1, tells => 1;
posted 'beside other bits', '', 0, $told, posts => 1, tells => 1, bits => 0x8000000000000001;
posted 'ON already', '', 0, $told | $on, posts => 1;
posted 'urgent, ON already', '', $urgent, $told | $on, posts => 1;
posted 'suppressed', '', 0, $told | $silent, posts => 1;
posted 'suppressed, but urgent', '', $urgent, $told | $silent, posts => 1, tells => 1;
posted 'APIC ids of 8 bits', '', 0, 0xf2 << 16 | 7 << 40, eime => 0, posts => 1, tells => 1;
posted 'an id of 32 bits where they have 8 (28h)', '28', 0, $told, eime => 0;
posted 'descriptor out of reach (27h)', '27', 0, $told, at => 0x7f40000000;
posted 'descriptor, registers and no memory (27h)', '27', 0, $told, at => 0xfed91000;
posted 'descriptor, reserved bit beside ON (28h)', '28', 0, $told | 4;
posted 'descriptor, reserved word (28h)', '28', 0, $told, reserved => 1 << 63;
posted 'descriptor, reserved, and not to be recorded', '', $fpd, $told | 4;
posted 'entry, reserved bit (24h)', '24', 1 << 2, $told;
posted 'entry, reserved bit beside the address (24h)', '24', 0, $told, surplus => [1 << 32];
posted 'entry, reserved bit beside the source (24h)', '24', 0, $told, surplus => [0, 1 << 20];
posted 'another source (26h)', '26', 0, $told, surplus => [0, 1 << 18 | 0x18 ^ 8];
posted 'another source, before a reserved bit (26h)', '26', 1 << 2, $told, surplus => [0, 1 << 18 | 0x18 ^ 8];
posted 'a unit without (24h)', '24', 0, $told, props => "$first,$ir,posted-interrupts=off";

# --- the interrupt range, of requests that are no interrupt ---

check 'no interrupt: writes and reads of eight bytes (29h)', "$first,$ir", sub {
	my ($m) = @_;
	$m->map_first(0xfee00000, Vtd::DATA);
	$m->remap(0 => $good);
	$m->scalable;
	$m->dma_write(0xfee00010);
	is($m->faults, '29 by 18', 'written');
	$m->dma_read(0xfee00010);
	is($m->faults, '29 by 18, read', 'read');
	$m->interrupt(0xfee00010, 0);
	is($m->faults, '', 'an interrupt');
};
check 'no interrupt: nobody asks without remapping', "$first,$ir", sub {
	my ($m) = @_;
	$m->dma_write(0xfee00010);
	is($m->faults, '', 'no record');
};

for (@checks) {
	my ($name, $properties, $body) = @$_;
	subtest $name => sub {
		eval { $body->(Vtd->new($properties)); 1 } or fail("QEMU: $@");
		done_testing;
	};
}
done_testing;
